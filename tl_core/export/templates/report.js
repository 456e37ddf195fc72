"use strict";
const config = { displayModeBar: false, displaylogo: false, scrollZoom: false, responsive: true };
const plots = [...document.querySelectorAll(".plot")];
for (const plot of plots) {
  const figure = JSON.parse(plot.querySelector("script").textContent);
  Plotly.newPlot(plot, figure.data, figure.layout, config);
}

// Paper has no buttons and a width of its own: what is folded opens, and figures take the width they get.
let opened = [];
let printWidths = null;
function toPaper() {
  if (printWidths) return;
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const details of opened) details.open = true;
  document.body.classList.add("paper");
  printWidths = plots.map((plot) => plot.clientWidth);
  plots.forEach((plot, index) => Plotly.relayout(plot, { width: printWidths[index] }));
}
function toScreen() {
  if (!printWidths) return;
  printWidths = null;
  document.body.classList.remove("paper");
  for (const details of opened) details.open = false;
  for (const plot of plots) Plotly.relayout(plot, { width: null, autosize: true });
}
addEventListener("beforeprint", toPaper);
addEventListener("afterprint", toScreen);
matchMedia("print").addEventListener("change", (event) => (event.matches ? toPaper() : toScreen()));
