// Explains the technical words that stand on the page, out of all that the server has sent. What is on the page
// only the browser knows: parts of it are drawn anew by themselves, folded up and opened.
const SETTLED_MS = 300
const UNREAD = "script, style, noscript"

const textOf = (root) => {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  const read = []
  while (texts.nextNode()) if (!texts.currentNode.parentElement?.closest(UNREAD)) read.push(texts.currentNode.data)
  return read.join("\n")
}

const paragraph = (...content) => {
  const made = document.createElement("p")
  made.append(...content)
  return made
}

const explained = ({ title, text }) => {
  const word = document.createElement("strong")
  word.textContent = `${title}.`
  return paragraph(word, ` ${text}`)
}

const headed = (group, words) => {
  const head = paragraph(group)
  head.className = "group"
  return [head, ...words.map(explained)]
}

export default function ({ parentElement, data }) {
  const list = parentElement.querySelector("div")
  list.leave?.() // called at every rerun, and left only at the last
  const draw = () => {
    const anyForm = new RegExp(data.any_form, "gi")
    const forms = new Set(textOf(document.body).match(anyForm)?.map((form) => form.toLowerCase()))
    const groups = data.groups
      .map(({ name, words }) => [name, words.filter((word) => word.forms.some((form) => forms.has(form)))])
      .filter(([, words]) => words.length)
    const found = JSON.stringify(groups)
    if (found === list.shown) return
    list.shown = found
    list.replaceChildren(...groups.flatMap(([name, words]) => headed(name, words)))
  }
  let waiting
  const watching = new MutationObserver(() => {
    clearTimeout(waiting)
    waiting = setTimeout(draw, SETTLED_MS)
  })
  watching.observe(document.body, { subtree: true, childList: true, characterData: true })
  draw()
  list.leave = () => {
    clearTimeout(waiting)
    watching.disconnect()
  }
  return list.leave
}
