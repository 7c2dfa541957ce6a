"use strict";

// Once a second, while the page is seen: puts the parts of a newer page in place of those that changed.
const state = document.getElementById("state");

async function refresh() {
  const answer = await fetch(location.pathname, { cache: "no-store" });
  if (!answer.ok) throw new Error(`the exporter answered ${answer.status}`);
  const newer = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = newer.getElementById(part.id);
    if (!next) continue;
    // What the reader has opened stays open.
    for (const shown of part.querySelectorAll("details[open]")) next.querySelector(`[id="${shown.id}"]`)?.setAttribute("open", "");
    if (next.innerHTML !== part.innerHTML) part.replaceChildren(...next.childNodes);
  }
}

async function live() {
  try {
    if (!document.hidden) await refresh();
    document.body.classList.remove("stale");
  } catch {
    document.body.classList.add("stale");
    const told = "The exporter does not answer. What is shown is old.";
    if (state.textContent !== told) state.textContent = told;
  }
  setTimeout(live, 1000);
}

live();
