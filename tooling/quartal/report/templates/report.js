"use strict";
const runs = [...document.querySelectorAll("details.run")];
const filtered = [...document.querySelectorAll("[data-run], [data-deliveries]")];
const delivery = document.getElementById("delivery");
const run = document.getElementById("run");
const count = document.getElementById("count");
const hint = document.getElementById("hint");

function fits(element) {
  const names = (element.dataset.deliveries || "").split(" ");
  return (!delivery.value || names.includes(delivery.value)) && (!run.value || element.dataset.run === run.value);
}

function filter() {
  for (const element of filtered) {
    const away = !fits(element);
    // marks of a chart stay where they are, so that what is left can still be compared
    if (element instanceof SVGElement) element.classList.toggle("away", away);
    else element.hidden = away;
  }
  const shown = runs.filter((each) => !each.hidden).length;
  count.textContent = `${shown} of ${runs.length} runs`;
}

function showAll() {
  delivery.value = "";
  run.value = "";
  filter();
}

function openTarget() {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id && document.getElementById(id);
  if (!target) return;
  if (target.hidden) showAll();
  if (!(target instanceof HTMLDetailsElement)) return;
  target.open = true;
  target.querySelector("summary").focus({ preventScroll: true });
  target.scrollIntoView({ block: "start" });
}

function showHint(mark) {
  hint.textContent = mark.getAttribute("aria-label");
  hint.hidden = false;
  const box = mark.getBoundingClientRect();
  const left = Math.min(box.left + box.width / 2, document.documentElement.clientWidth - hint.offsetWidth - 8);
  const above = box.top - hint.offsetHeight - 6;
  hint.style.left = `${Math.max(8, left) + scrollX}px`;
  hint.style.top = `${(above > 0 ? above : box.bottom + 6) + scrollY}px`;
}

document.addEventListener("pointerover", (event) => {
  const mark = event.target.closest(".told");
  if (mark) showHint(mark);
  else hint.hidden = true;
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hint.hidden = true; });
// a mark of a run leads to the run
document.addEventListener("click", (event) => {
  const mark = event.target.closest("svg .told[data-run]");
  if (mark) location.hash = `run-${mark.dataset.run}`;
});
if (delivery) {
  delivery.addEventListener("change", filter);
  run.addEventListener("change", filter);
  document.getElementById("show-all").addEventListener("click", showAll);
  filter(); // a browser may bring an earlier choice back
}
addEventListener("hashchange", openTarget);
// only now: the browser's own jump to the fragment would take the focus away again
addEventListener("load", openTarget);
