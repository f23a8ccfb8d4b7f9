"use strict";
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const config = read("chart-config");
read("chart-figures").forEach((figure, number) => {
  const place = document.getElementById(`chart-${number}`);
  Plotly.newPlot(place, figure.data, figure.layout, config);
  document.getElementById(`save-${number}`).addEventListener("click", () => {
    const width = place.clientWidth;
    Plotly.downloadImage(place, {
      format: "png", scale: 2, width, height: figure.layout.height, filename: `mobilenet-bench-${number + 1}`,
    });
  });
});
document.getElementById("save-document").addEventListener("click", () => {
  const link = document.createElement("a");
  const text = document.getElementById("mobilenet-bench-snapshot").textContent;
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = "snapshot.json";
  link.click();
  URL.revokeObjectURL(link.href);
});
