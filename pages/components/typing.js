// Streamlit takes the text of a large box when the person leaves it or presses Ctrl+Enter. This presses those
// keys for them once they pause, so that what is typed is answered while they look.
export default function ({ data }) {
  const place = document.querySelector(`.st-key-${CSS.escape(data.place)}`)
  if (!place) return
  const wait = (event) => {
    clearTimeout(place.pause) // kept there: this script begins anew whenever the page does
    if (event.isComposing || event.target.tagName !== "TEXTAREA") return
    const keys = { key: "Enter", code: "Enter", ctrlKey: true, bubbles: true, cancelable: true }
    place.pause = setTimeout(() => event.target.dispatchEvent(new KeyboardEvent("keydown", keys)), data.pause_ms)
  }
  const ends = ["input", "compositionend"]
  ends.forEach((name) => place.addEventListener(name, wait))
  return () => ends.forEach((name) => place.removeEventListener(name, wait))
}
