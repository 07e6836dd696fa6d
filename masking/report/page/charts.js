// Charts as SVG: statuses, score, coverage, time per step. Each can be saved for a paper.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 300;
const BAR_START = 112;
const BAR_LENGTH = 115;
const BINS = 20;

function svg(name, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function chart(title, description, height, parts) {
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": `${title}: ${description}` });
  picture.append(...parts);
  const save = element("button", { type: "button", "aria-label": `Save the chart ${title} as SVG` }, "Save");
  save.addEventListener("click", () => saveChart(title, picture));
  byId("charts").append(element("figure", { className: "chart" }, element("figcaption", {}, title, save), picture));
}

function saveChart(title, picture) {
  const copy = picture.cloneNode(true);
  copy.setAttribute("xmlns", SVG);
  const originals = picture.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((part, index) => {
    const style = getComputedStyle(originals[index]);
    for (const key of ["fill", "stroke", "font-size", "font-family"]) part.setAttribute(key, style.getPropertyValue(key));
  });
  const text = new XMLSerializer().serializeToString(copy);
  download(`${title.toLowerCase().replaceAll(" ", "_")}.svg`, new Blob([text], { type: "image/svg+xml" }));
}

function horizontalBars(title, bars) {
  const most = Math.max(...bars.map((bar) => bar.value), 1e-9);
  const parts = bars.flatMap((bar, index) => {
    const y = 8 + 24 * index;
    return [
      svg("text", { x: 0, y: y + 14 }, bar.name),
      svg("rect", { x: BAR_START, y: y + 2, height: 16, width: Math.max(1, (BAR_LENGTH * bar.value) / most), class: bar.kind ?? "" }),
      svg("text", { x: BAR_START + 6 + (BAR_LENGTH * bar.value) / most, y: y + 14 }, bar.label),
    ];
  });
  chart(title, bars.map((bar) => `${bar.name} ${bar.label}`).join(", "), 16 + 24 * bars.length, parts);
}

function histogram(title, values) {
  if (!values.length) return;
  const least = values.reduce((least, value) => Math.min(least, value), 1);
  const low = Math.min(0.95, Math.floor(least * BINS) / BINS);
  const bins = new Array(BINS).fill(0);
  for (const value of values) bins[Math.min(BINS - 1, Math.floor(((value - low) / (1 - low)) * BINS))] += 1;
  const most = Math.max(...bins);
  const step = (WIDTH - 50) / BINS;
  const parts = bins.flatMap((number, index) => {
    const height = Math.max(2, (120 * number) / most);
    const bar = svg("rect", { x: 45 + step * index, y: 140 - height, width: step - 1, height });
    bar.append(svg("title", {}, `${(low + ((1 - low) * index) / BINS).toFixed(3)} and more: ${count(number)}`));
    return number ? [bar] : [];
  });
  parts.push(svg("line", { x1: 45, x2: WIDTH - 5, y1: 140, y2: 140, class: "axis" }));
  parts.push(svg("line", { x1: 45, x2: 45, y1: 20, y2: 140, class: "axis" }));
  for (const share of [0, 0.5, 1]) {
    const label = (low + (1 - low) * share).toFixed(3).replace(/\.?0+$/, "");
    parts.push(svg("text", { x: 45 + (WIDTH - 50) * share, y: 156, "text-anchor": share === 1 ? "end" : "middle" }, label));
  }
  parts.push(svg("text", { x: 40, y: 26, "text-anchor": "end" }, count(most)), svg("text", { x: 40, y: 144, "text-anchor": "end" }, "0"));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const description = `${count(values.length)} images, least ${least.toFixed(3)}, mean ${mean.toFixed(3)}`;
  parts.push(svg("text", { x: 45, y: 12 }, description));
  chart(title, description, 162, parts);
}

function drawCharts() {
  const counts = data.run.counts;
  horizontalBars("Outcomes", data.statuses.filter((status) => counts[status]).map((status) => ({
    name: status, value: counts[status], label: count(counts[status]), kind: status === "masked" ? "masked" : "not-masked",
  })));
  histogram("Score", data.rows.map((cells) => cells[5]).filter((score) => score !== null));
  histogram("Coverage of the hull", data.rows.map((cells) => cells[6]).filter((coverage) => coverage !== null));
  const steps = Object.entries(data.run.step_seconds);
  if (steps.length) {
    horizontalBars("Time per step", steps.map(([name, { mean }]) => ({ name, value: mean, label: `${(1000 * mean).toFixed(1)} ms` })));
  }
}
