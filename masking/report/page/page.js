// The enlarged view, the keyboard, and what each control does.

function showDetail() {
  const index = state.found[state.selected];
  const image = row(index);
  byId("detail-title").textContent = image.image;
  byId("detail-pictures").replaceChildren(...KINDS.map(([kind, label]) => figure(index, kind, label, true)));
  const facts = [
    ["Image", `${count(state.selected + 1)} of ${count(state.found.length)}`], ["Identity", image.identity], ["Video", image.video],
    ["Status", image.status], ["Reason", image.reason], ["Score", decimals(image.score, 4)], ["Coverage", decimals(image.coverage, 4)],
    ["Another face", image.survivor === null ? "" : `score ${decimals(image.survivor, 4)} at most, beside the mask`],
    ["Time", `${(1000 * image.seconds).toFixed(0)} ms${image.recorded ? ", in an earlier run" : ""}`],
  ];
  byId("detail-facts").replaceChildren(...facts.filter(([, value]) => value).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
  const isBad = badImages.has(pathOf(image));
  byId("detail-bad").setAttribute("aria-pressed", String(isBad));
  byId("detail-bad").textContent = isBad ? "Marked as bad" : "Mark as bad";
  byId("detail-previous").disabled = state.selected === 0;
  byId("detail-next").disabled = state.selected === state.found.length - 1;
}

function openDetail() {
  if (!state.found.length) return;
  showDetail();
  if (!byId("detail").open) byId("detail").showModal();
}

const KEYS = {
  ArrowRight: () => select(state.selected + 1),
  ArrowLeft: () => select(state.selected - 1),
  b: toggleBad,
  n: () => turn(state.page + 1),
  p: () => turn(state.page - 1),
  "/": () => byId("search").focus(),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select")) return;
  if (event.key === "Enter" && event.target.classList.contains("card")) openDetail();
  else if (KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key]) KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key]();
  else return;
  event.preventDefault();
}

function offerStatuses() {
  for (const status of data.statuses.filter((status) => data.run.counts[status])) {
    const box = element("input", { type: "checkbox", value: status, defaultChecked: true });
    byId("statuses").append(element("label", {}, box, `${status} (${count(data.run.counts[status])})`));
  }
}

function start() {
  writeFacts();
  drawCharts();
  offerStatuses();
  byId("filters").addEventListener("input", filter);
  byId("filters").addEventListener("reset", () => setTimeout(filter));
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  const turns = { first: () => 0, previous: () => state.page - 1, next: () => state.page + 1, last: lastPage };
  for (const button of document.querySelectorAll("[data-page]")) {
    button.addEventListener("click", () => showPage(turns[button.dataset.page]()));
  }
  byId("page").addEventListener("change", () => showPage(Number(byId("page").value) - 1));
  byId("export").addEventListener("click", exportMarked);
  byId("close").addEventListener("click", () => byId("detail").close());
  byId("detail").addEventListener("close", () => cardAt(state.selected)?.focus());
  byId("detail-previous").addEventListener("click", () => select(state.selected - 1));
  byId("detail-next").addEventListener("click", () => select(state.selected + 1));
  byId("detail-bad").addEventListener("click", toggleBad);
  document.addEventListener("keydown", onKey);
  showMarked();
  filter();
}

start();
