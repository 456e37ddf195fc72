// Plotly draws its buttons and its slider as shapes that only a pointer reaches. This gives them the names,
// roles and keys of real ones. Plotly draws them anew at times, hence the observer. The figure was asked for
// by a button that says so, and therefore plays once by itself.
const placeOf = (key) => {
  const name = key.trim().replace(/[^a-zA-Z0-9_-]/g, "-")
  return document.querySelector(`.st-key-${CSS.escape(name)}`)
}

const press = (target, type, place) =>
  target.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, view: window, ...place }))

const nameButton = (button) => {
  button.setAttribute("role", "button")
  button.setAttribute("tabindex", "0")
  button.setAttribute("aria-label", button.textContent.replace(/[^\p{L} ]/gu, "").trim())
  button.onkeydown = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return
    event.preventDefault()
    const name = button.getAttribute("aria-label")
    const place = button.closest(".js-plotly-plot")
    press(button, "click", {})
    const again = [...place.querySelectorAll(".updatemenu-button")].find((one) => one.getAttribute("aria-label") === name)
    again?.focus()
  }
}

const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10, Home: -1e6, End: 1e6 }

const clockOf = (drawing) => drawing.querySelector(".scatterlayer .trace text:not(:empty)")?.textContent ?? ""

const nameSlider = (slider, numSteps) => {
  const rail = slider.querySelector(".slider-rail-touch-rect")
  const grip = slider.querySelector(".slider-grip-rect")
  const drawing = slider.closest(".js-plotly-plot")
  const share = () => {
    const [ways, knob] = [rail.getBoundingClientRect(), grip.getBoundingClientRect()]
    return (knob.left - ways.left) / (ways.width - knob.width)
  }
  const tell = () => {
    slider.setAttribute("aria-valuenow", String(Math.round(100 * share())))
    slider.setAttribute("aria-valuetext", clockOf(drawing))
  }
  const go = (wanted) => {
    const [ways, knob] = [rail.getBoundingClientRect(), grip.getBoundingClientRect()]
    const clientX = ways.left + knob.width / 2 + Math.min(1, Math.max(0, wanted)) * (ways.width - knob.width)
    const place = { clientX, clientY: ways.top + ways.height / 2 }
    press(rail, "mousedown", place)
    press(document, "mouseup", place)
    setTimeout(tell, 300) // once the grip has glided there
  }
  const attributes = { role: "slider", tabindex: "0", "aria-label": "Clock of the replay", "aria-valuemin": "0", "aria-valuemax": "100" }
  for (const [name, value] of Object.entries(attributes)) slider.setAttribute(name, value)
  tell()
  slider.onfocus = tell
  slider.onkeydown = (event) => {
    if (!(event.key in KEYS)) return
    event.preventDefault()
    go(share() + KEYS[event.key] / numSteps)
  }
}

const playOnce = (place) => {
  const button = place.querySelector(".updatemenu-button")
  if (!button || place.dataset.hasPlayed) return
  place.dataset.hasPlayed = "true"
  const again = [...place.querySelectorAll(".updatemenu-button")].at(-1)
  setTimeout(() => press(again, "click", {}), 300) // once the figure stands
}

const nameAll = (place, numSteps) => {
  place.querySelectorAll(".updatemenu-button:not([role])").forEach(nameButton)
  place.querySelectorAll(".slider-group:not([role])").forEach((slider) => nameSlider(slider, numSteps))
}

export default function ({ data }) {
  const place = placeOf(data.figure)
  if (!place) return
  const attend = () => {
    nameAll(place, data.num_steps)
    if (data.plays_itself) playOnce(place)
  }
  // A movement that another one cuts short ends as a promise that Plotly rejects without a reason.
  const forgive = (event) => event.reason === undefined && event.preventDefault()
  window.addEventListener("unhandledrejection", forgive)
  const observer = new MutationObserver(attend)
  observer.observe(place, { childList: true, subtree: true })
  attend()
  return () => {
    observer.disconnect()
    window.removeEventListener("unhandledrejection", forgive)
  }
}
