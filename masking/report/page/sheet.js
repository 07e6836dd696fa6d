// The contact sheet: filter, order, page, step, enlarge, mark as bad, export.

const MARKS = `bad masks of ${data.run.input_folder} in ${data.run.output_folder}`;
// By which cell of a row, and upwards or downwards.
const ORDERS = { score: [5, 1], coverage: [6, 1], survivor: [7, -1], seconds: [8, -1] };
const state = { found: [], selected: 0, page: 0, size: 48 };
const badImages = new Set(storedMarks());

function storedMarks() {
  try {
    return JSON.parse(localStorage.getItem(MARKS) ?? "[]");
  } catch (error) {
    return warnAboutStorage(error);
  }
}

function warnAboutStorage(error) {
  byId("keys").after(element("p", {}, `This browser keeps no marks when the page is closed (${error.name}); export them before.`));
  return [];
}

function isFound(index, wanted) {
  const image = row(index);
  if (!wanted.statuses.has(image.status)) return false;
  if (wanted.score !== null && !(image.score !== null && image.score <= wanted.score)) return false;
  if (wanted.coverage !== null && !(image.coverage !== null && image.coverage <= wanted.coverage)) return false;
  if (wanted.onlyBad && !badImages.has(pathOf(image))) return false;
  return !wanted.text || `${pathOf(image)} ${image.reason}`.toLowerCase().includes(wanted.text);
}

function filter() {
  const bound = (id) => (byId(id).value === "" ? null : Number(byId(id).value));
  const wanted = {
    statuses: new Set([...document.querySelectorAll("#statuses input:checked")].map((box) => box.value)),
    text: byId("search").value.trim().toLowerCase(),
    score: bound("most-score"), coverage: bound("most-coverage"), onlyBad: byId("only-bad").checked,
  };
  state.found = [...data.rows.keys()].filter((index) => isFound(index, wanted));
  const order = ORDERS[byId("order").value];
  if (order) {
    const [column, sign] = order;
    const value = (index) => (data.rows[index][column] === null ? Infinity : sign * data.rows[index][column]);
    state.found.sort((first, second) => value(first) - value(second));
  }
  state.size = Number(byId("page-size").value);
  state.selected = 0;
  byId("found").textContent = `${count(state.found.length)} of ${count(data.rows.length)} images`;
  showPage(0);
}

const lastPage = () => Math.max(0, Math.ceil(state.found.length / state.size) - 1);

function showPage(page) {
  state.page = Math.min(Math.max(0, page), lastPage());
  const start = state.page * state.size;
  if (state.selected < start || state.selected >= start + state.size) state.selected = start;
  byId("sheet").replaceChildren(...state.found.slice(start, start + state.size).map((index, offset) => card(index, start + offset)));
  byId("sheet").start = start + 1;
  byId("page").value = state.page + 1;
  byId("page").max = lastPage() + 1;
  byId("pages").textContent = `of ${count(lastPage() + 1)}`;
  for (const [names, end] of [[["first", "previous"], 0], [["next", "last"], lastPage()]]) {
    for (const name of names) document.querySelector(`[data-page="${name}"]`).disabled = state.page === end;
  }
}

function card(index, position) {
  const image = row(index);
  const isBad = badImages.has(pathOf(image));
  const pictures = element("button", { type: "button", className: "pictures", "aria-label": `Enlarge ${image.image}`, tabIndex: -1 },
    ...KINDS.map(([kind, label]) => figure(index, kind, label, false)));
  pictures.addEventListener("click", () => { state.selected = position; openDetail(); });
  const mark = element("button", { type: "button", "aria-pressed": String(isBad), "aria-label": `Mark ${image.image} as bad` }, isBad ? "Bad" : "Mark as bad");
  mark.addEventListener("click", () => { state.selected = position; toggleBad(); });
  const made = element("article", { className: isBad ? "card bad" : "card", tabIndex: position === state.selected ? 0 : -1, "aria-labelledby": `name-${index}` },
    pictures,
    element("div", { className: "name", id: `name-${index}` }, image.image),
    element("div", { className: "folder" }, [image.identity, image.video].filter(Boolean).join(" / ")));
  if (image.reason) made.append(element("div", { className: "reason" }, image.reason));
  made.append(element("div", { className: "card-foot" },
    element("span", { className: "numbers" },
      element("span", { className: `status ${image.status === "masked" ? "masked" : "not-masked"}` }, image.status),
      numbersOf(image)), mark));
  made.addEventListener("focus", () => { state.selected = position; });
  return element("li", { value: position + 1 }, made);
}

function numbersOf({ score, coverage, survivor }) {
  const known = [["score", score], ["coverage", coverage], ["another face", survivor]].filter(([, value]) => value !== null);
  return known.map(([name, value]) => `${name} ${decimals(value, 3)}`).join(" · ");
}

const cardAt = (position) => byId("sheet").children[position - state.page * state.size]?.firstChild;

function select(position) {
  if (position < 0 || position >= state.found.length) return;
  const before = cardAt(state.selected);
  if (before) before.tabIndex = -1;
  state.selected = position;
  const page = Math.floor(position / state.size);
  if (page !== state.page) showPage(page);
  const chosen = cardAt(position);
  chosen.tabIndex = 0;
  if (byId("detail").open) showDetail();
  else chosen.focus();
}

function turn(page) {
  showPage(page);
  if (state.found.length) select(state.page * state.size);
}

function toggleBad() {
  const index = state.found[state.selected];
  if (index === undefined) return;
  const name = pathOf(row(index));
  if (!badImages.delete(name)) badImages.add(name);
  try {
    localStorage.setItem(MARKS, JSON.stringify([...badImages]));
  } catch (error) {
    warnAboutStorage(error);
  }
  const hadFocus = byId("sheet").contains(document.activeElement);
  cardAt(state.selected)?.parentElement.replaceWith(card(index, state.selected));
  if (hadFocus && !byId("detail").open) cardAt(state.selected).focus();
  if (byId("detail").open) showDetail();
  showMarked();
}

function showMarked() {
  byId("marked").textContent = `${count(badImages.size)} marked as bad`;
  byId("export").disabled = badImages.size === 0;
}

function exportMarked() {
  const lines = [csvLine(["identity", "video", "image", "status", "score", "coverage", "survivor_score"])];
  for (const index of data.rows.keys()) {
    const image = row(index);
    if (badImages.has(pathOf(image))) {
      lines.push(csvLine([image.identity, image.video, image.image, image.status, image.score, image.coverage, image.survivor]));
    }
  }
  download("marked_as_bad.csv", asFile(lines.join(""), "text/csv"));
}
