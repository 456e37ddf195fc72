// Shows one slide at a time out of those that the server has drawn all at once: turning one asks nobody.
const RESTS_AFTER_MS = 3000
const LOOK_MS = 200
const MOST_LOOKS = 50
const NARROW_PX = 640
const ON = ["ArrowRight", "ArrowDown", "PageDown", " "]
const BACK = ["ArrowLeft", "ArrowUp", "PageUp"]

const slidesOf = () => [...document.querySelectorAll('.st-key-slides [class*="st-key-presented_"]')].filter((one) =>
  [...one.classList].some((name) => /^st-key-presented_\d+$/.test(name)),
)

const numberOf = (slide) => Number([...slide.classList].join(" ").match(/st-key-presented_(\d+)/)[1])

// A film that begins while its figure is still being fitted to the slide stays drawn in the size before.
let beginning
const playIn = (slide, looks = MOST_LOOKS, before = 0) => {
  clearTimeout(beginning)
  const height = slide.querySelector(".js-plotly-plot")?.getBoundingClientRect().height ?? 0
  const again = [...slide.querySelectorAll(".updatemenu-button")].at(-1)
  if (again && height === before) {
    again.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, view: window }))
  } else if (looks > 0) {
    beginning = setTimeout(() => playIn(slide, looks - 1, height), LOOK_MS)
  }
}

const turnFull = () =>
  document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()

const endings = new WeakMap()

export default function ({ parentElement, data, setTriggerValue }) {
  endings.get(parentElement)?.() // Streamlit calls this again whenever something has changed
  const controls = parentElement.querySelector(".slide-controls")
  const button = (name) => controls.querySelector(`[data-do="${name}"]`)
  const count = data.titles.length
  // The server draws anew when texts are shown or hidden; the slide in the URL is then the one that was shown.
  let number = Number(new URLSearchParams(location.search).get("present")) || data.first
  number = Math.min(Math.max(number, 1), count)

  const mark = () => {
    for (const slide of slidesOf()) {
      const isShown = numberOf(slide) === number
      slide.classList.toggle("is-shown", isShown)
      slide.inert = !isShown
    }
  }
  const show = (wanted) => {
    number = Math.min(Math.max(wanted, 1), count)
    mark()
    controls.querySelector(".slide-place").textContent = data.places[number - 1]
    parentElement.querySelector(".slide-heard").textContent = `${data.places[number - 1]}: ${data.titles[number - 1]}`
    button("back").disabled = number === 1
    button("next").disabled = number === count
    const address = new URL(location.href)
    address.searchParams.set("present", String(number))
    history.replaceState(history.state, "", address)
    const slide = slidesOf().find((one) => numberOf(one) === number)
    if (slide) playIn(slide)
  }

  // Paper as large as the window: figures keep the size that they were drawn in.
  const paper = document.createElement("style")
  const measurePaper = () => {
    const [width, height] = [`${window.innerWidth}px`, `${window.innerHeight}px`]
    paper.textContent =
      `@media print { @page { size: ${width} ${height}; margin: 0 } }` +
      `:root { --paper-width: ${width}; --paper-height: ${height} }`
  }
  measurePaper()
  parentElement.append(paper)

  const acts = {
    back: () => show(number - 1),
    next: () => show(number + 1),
    full: turnFull,
    print: () => window.print(),
    texts: () => setTriggerValue("texts", number),
    end: () => setTriggerValue("end", true),
  }
  for (const [name, act] of Object.entries(acts)) button(name).onclick = act
  button("texts").textContent = data.shows_texts ? "Hide texts" : "Show texts"

  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, textarea")) return
    const isOnButton = event.key === " " && event.target.matches?.("button, [role=button]")
    if (isOnButton) return
    if (ON.includes(event.key)) acts.next()
    else if (BACK.includes(event.key)) acts.back()
    else if (event.key === "Home") show(1)
    else if (event.key === "End") show(count)
    else if (event.key === "Escape") acts.end()
    else if (event.key.toLowerCase() === "f") turnFull()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const click = (event) => {
    const isControl = event.target.closest?.("button, a, input, .updatemenu-container, .slider-container, .slide-controls")
    if (event.target.closest?.(".st-key-slides") && !isControl) acts.next()
  }
  let rest
  const wake = () => {
    controls.classList.remove("is-resting")
    clearTimeout(rest)
    rest = setTimeout(() => controls.classList.add("is-resting"), RESTS_AFTER_MS)
  }

  const kind = window.innerWidth > NARROW_PX ? "wide" : "narrow"
  if (kind !== data.window) setTriggerValue("window", kind)

  document.addEventListener("keydown", press, true)
  document.addEventListener("click", click)
  document.addEventListener("mousemove", wake)
  window.addEventListener("resize", measurePaper)
  const place = document.querySelector(".st-key-slides")
  // Streamlit may write the class names of a slide anew.
  const observer = new MutationObserver(() => {
    if (slidesOf().some((one) => one.classList.contains("is-shown") !== (numberOf(one) === number))) mark()
  })
  if (place) observer.observe(place, { attributes: true, attributeFilter: ["class"], subtree: true, childList: true })
  show(number)
  wake()
  const end = () => {
    document.removeEventListener("keydown", press, true)
    document.removeEventListener("click", click)
    document.removeEventListener("mousemove", wake)
    window.removeEventListener("resize", measurePaper)
    paper.remove()
    clearTimeout(rest)
    clearTimeout(beginning)
    observer.disconnect()
    endings.delete(parentElement)
  }
  endings.set(parentElement, end)
  return end
}
