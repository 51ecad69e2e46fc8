"use strict";
const changes = [...document.querySelectorAll("details.change")];
const groups = [...document.querySelectorAll("section.module")];
const search = document.getElementById("search");
const boxes = [...document.querySelectorAll("input[name=kind]")];
const count = document.getElementById("count");

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const kinds = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  let shown = 0;
  for (const change of changes) {
    // the text is taken once, and only when somebody searches: opening the page stays quick
    if (words.length && change.haystack === undefined) change.haystack = change.textContent.toLowerCase();
    const fits = kinds.has(change.dataset.kind) && words.every((word) => change.haystack.includes(word));
    change.hidden = !fits;
    shown += fits;
  }
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
  target.open = true;
  target.querySelector("summary").focus({ preventScroll: true });
  target.scrollIntoView({ block: "start" });
}

function openAll(open) {
  for (const change of changes) if (!change.hidden) change.open = open;
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
addEventListener("hashchange", openTarget);
// only now: the browser's own jump to the fragment would take the focus away again
addEventListener("load", openTarget);
