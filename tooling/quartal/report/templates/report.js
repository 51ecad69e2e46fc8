"use strict";
const runs = [...document.querySelectorAll("details.run")];
const filtered = [...document.querySelectorAll("[data-run], [data-deliveries]")];
const delivery = document.getElementById("delivery");
const run = document.getElementById("run");
const count = document.getElementById("count");

function fits(element) {
  const names = (element.dataset.deliveries || "").split("/"); // which no folder's name contains
  return (!delivery.value || names.includes(delivery.value)) && (!run.value || element.dataset.run === run.value);
}

function filter() {
  for (const element of filtered) {
    const away = !fits(element);
    // bars stay where they are, so that what is left can still be compared
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

if (delivery) {
  delivery.addEventListener("change", filter);
  run.addEventListener("change", filter);
  document.getElementById("show-all").addEventListener("click", showAll);
  filter(); // a browser may bring an earlier choice back
}
addEventListener("hashchange", openTarget);
// only now: the browser's own jump to the fragment would take the focus away again
addEventListener("load", openTarget);
