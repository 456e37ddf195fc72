"use strict";
const config = { displayModeBar: false, displaylogo: false, scrollZoom: false, responsive: true };
const plots = [...document.querySelectorAll(".plot")];
for (const plot of plots) {
  const figure = JSON.parse(plot.querySelector("script").textContent);
  Plotly.newPlot(plot, figure.data, figure.layout, config);
}

// Paper has a width of its own, which figures take, and tall ones are lower there; what is folded stays folded.
const TALL_PX = 250;
const LOWER = 0.82;
const heights = plots.map((plot) => plot.layout.height);
let printWidths = null;
function toPaper() {
  if (printWidths) return;
  document.body.classList.add("paper");
  printWidths = plots.map((plot) => plot.clientWidth);
  plots.forEach((plot, index) => {
    const height = heights[index] > TALL_PX ? Math.round(LOWER * heights[index]) : heights[index];
    plot.style.minHeight = `${height}px`;
    Plotly.relayout(plot, { width: printWidths[index], height });
  });
}
function toScreen() {
  if (!printWidths) return;
  printWidths = null;
  document.body.classList.remove("paper");
  plots.forEach((plot, index) => {
    plot.style.minHeight = `${heights[index]}px`;
    Plotly.relayout(plot, { width: null, autosize: true, height: heights[index] });
  });
}
addEventListener("beforeprint", toPaper);
addEventListener("afterprint", toScreen);
matchMedia("print").addEventListener("change", (event) => (event.matches ? toPaper() : toScreen()));
