// Saves the Plotly figure that stands in the same page as a file, without the server: what is drawn is copied
// into one SVG with its font, and for PNG painted on a canvas.
const SCALE = 3
const NOTE_PX = 22
const SVG = "http://www.w3.org/2000/svg"

const drawingOf = (key) => {
  const place = key.trim().replace(/[^a-zA-Z0-9_-]/g, "-")
  return document.querySelector(`.st-key-${CSS.escape(place)} .js-plotly-plot`)
}

const element = (name, attributes) => {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

// Plotly draws on several sheets that lie above each other.
const copySheets = (drawing, picture) => {
  for (const sheet of drawing.querySelectorAll("svg.main-svg")) {
    const copy = sheet.cloneNode(true)
    copy.querySelectorAll(".hoverlayer, .draglayer, .dragcover").forEach((one) => one.remove())
    picture.append(...copy.childNodes)
  }
}

const compose = (drawing, data, fontFace) => {
  const box = drawing.querySelector("svg.main-svg").getBoundingClientRect()
  const size = { width: Math.round(box.width), height: Math.round(box.height) + (data.note ? NOTE_PX : 0) }
  const picture = element("svg", { xmlns: SVG, viewBox: `0 0 ${size.width} ${size.height}`, ...size })
  const description = element("desc", {})
  description.textContent = data.alt
  const style = element("style", {})
  style.textContent = fontFace
  picture.append(description, style, element("rect", { width: "100%", height: "100%", fill: data.background }))
  copySheets(drawing, picture)
  if (data.note) {
    const family = getComputedStyle(drawing.querySelector("text")).fontFamily
    const place = { x: size.width - 8, y: size.height - 7, "text-anchor": "end", "font-size": 11 }
    const note = element("text", { ...place, "font-family": family, fill: data.muted })
    note.textContent = data.note
    picture.append(note)
  }
  return { size, text: new XMLSerializer().serializeToString(picture) }
}

const fontRules = () =>
  [...document.styleSheets]
    .flatMap((sheet) => { try { return [...sheet.cssRules] } catch { return [] } })
    .filter((rule) => rule instanceof CSSFontFaceRule)

// A saved picture sees no font of the page: the one that its texts are set in goes into it.
const embeddedFont = async (drawing) => {
  const family = getComputedStyle(drawing.querySelector("text")).fontFamily.split(",")[0].replaceAll('"', "")
  const rule = fontRules().find(
    ({ style }) =>
      style.getPropertyValue("font-family").replace(/["']/g, "") === family &&
      !style.getPropertyValue("font-style").includes("italic"),
  )
  const address = rule?.style.getPropertyValue("src").match(/url\(["']?([^"')]+)/)?.[1]
  if (!address) return ""
  const base = rule.parentStyleSheet?.href ?? document.baseURI
  const file = await (await fetch(new URL(address, base))).blob()
  const inline = await new Promise((done) => {
    const reader = new FileReader()
    reader.onload = () => done(reader.result)
    reader.readAsDataURL(file)
  })
  const weight = rule.style.getPropertyValue("font-weight") || "normal"
  return `@font-face{font-family:"${family}";font-weight:${weight};src:url(${inline})}`
}

const paint = async ({ size, text }) => {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`
  await image.decode()
  const canvas = document.createElement("canvas")
  canvas.width = SCALE * size.width
  canvas.height = SCALE * size.height
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((done) => canvas.toBlob(done, "image/png"))
}

const hand = (blob, name) => {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10000)
}

const save = async (format, data) => {
  const drawing = drawingOf(data.figure)
  const font = await embeddedFont(drawing).catch(() => "")
  const picture = compose(drawing, data, font)
  const svg = new Blob([picture.text], { type: "image/svg+xml" })
  hand(format === "svg" ? svg : await paint(picture), `${data.name}.${format}`)
}

export default function ({ parentElement, data }) {
  for (const button of parentElement.querySelectorAll("button")) {
    const { format } = button.dataset
    button.lastElementChild.textContent = `Download ${format.toUpperCase()}`
    button.onclick = () => save(format, data)
  }
}
