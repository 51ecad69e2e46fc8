"use strict";
const changes = [...document.querySelectorAll("details.change")];
const groups = [...document.querySelectorAll("section.module")];
const search = document.getElementById("search");
const boxes = [...document.querySelectorAll("input[name=kind]")];
const count = document.getElementById("count");
// of a large plan the attributes are data, and written out for who opens a resource
const data = document.getElementById("rows");
const places = new Map(data ? changes.map((change, place) => [change, place]) : []);
let rows;
let haystacks;

function rowsOf(change) {
  rows ??= JSON.parse(data.textContent);
  return rows[places.get(change)];
}

function cell(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

function fill(change) {
  if (!places.has(change) || change.filled) return;
  change.filled = true;
  const link = cell("a", "Link to this resource");
  link.href = `#${encodeURIComponent(change.id)}`;
  const paragraph = document.createElement("p");
  paragraph.append(link);
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const title of ["attribute", "before", "after"]) {
    const column = cell("th", title);
    column.scope = "col";
    head.append(column);
  }
  const body = table.createTBody();
  for (const [path, before, after, forces] of rowsOf(change)) {
    const row = body.insertRow();
    const name = document.createElement("th");
    name.scope = "row";
    name.append(cell("code", path));
    if (forces) {
      const mark = cell("span", "forces replacement");
      mark.className = "forces";
      name.append(" ", mark);
    }
    const values = [before, after].map((text) => cell("td", text));
    for (const value of values) value.className = "value";
    row.append(name, ...values);
  }
  change.querySelector(".body").append(paragraph, table);
}

function haystackOf(place) {
  // the text is taken once, and only when somebody searches: opening the page stays quick
  const change = changes[place];
  const inside = data ? rowsOf(change).map((row) => row.slice(0, 3).join(" ")).join(" ") : "";
  return `${change.textContent} ${inside}`.toLowerCase();
}

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  if (words.length) haystacks ??= changes.map((_, place) => haystackOf(place));
  let shown = 0;
  changes.forEach((change, place) => {
    const fits = kinds.has(change.dataset.kind) && words.every((word) => haystacks[place].includes(word));
    if (change.hidden === fits) change.hidden = !fits;
    shown += fits;
  });
  for (const group of groups) group.hidden = !group.querySelector("details.change:not([hidden])");
  count.textContent = `${shown} of ${changes.length} resources`;
}

function openTarget() {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id && document.getElementById(id);
  if (!(target instanceof HTMLDetailsElement)) return;
  if (target.hidden) {
    search.value = "";
    for (const box of boxes) box.checked = true;
    filter();
  }
  fill(target);
  target.open = true;
  target.querySelector("summary").focus({ preventScroll: true });
  target.scrollIntoView({ block: "start" });
}

function openAll(open) {
  for (const change of changes) {
    if (change.hidden) continue;
    if (open) fill(change);
    change.open = open;
  }
}

if (search) {
  search.addEventListener("input", filter);
  for (const box of boxes) box.addEventListener("change", filter);
  document.getElementById("open-all").addEventListener("click", () => openAll(true));
  document.getElementById("close-all").addEventListener("click", () => openAll(false));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !(event.target instanceof HTMLInputElement)) {
      event.preventDefault();
      search.focus();
    }
  });
}
document.addEventListener("toggle", (event) => fill(event.target), true);
addEventListener("beforeprint", () => changes.forEach(fill));
addEventListener("hashchange", openTarget);
// only now: the browser's own jump to the fragment would take the focus away again
addEventListener("load", openTarget);
