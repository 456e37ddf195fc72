// Only what changes in a region that stands on the page already is said: hence the wait.
export default ({ data, parentElement }) => {
  const said = setTimeout(() => {
    const region = parentElement.querySelector("p")
    if (region.textContent !== data) region.textContent = data
  }, 200)
  return () => clearTimeout(said)
}
