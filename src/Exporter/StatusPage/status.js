"use strict";

// Once a second, while the page is seen: puts the parts of a newer page in place of those that changed.
const state = document.getElementById("state");
const slider = document.getElementById("at");
let isFollowing = true;

// What a link or the summary of an incident is in any version of the page.
const identityOf = (element) => element.getAttribute("href") ?? element.parentElement.id;

async function refresh() {
  const answer = await fetch(location.pathname + location.search, { cache: "no-store" });
  if (!answer.ok) throw new Error(`the exporter answered ${answer.status}`);
  const newer = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = newer.getElementById(part.id);
    // A click counts only where it ends on the element on which it began.
    if (!next || part.matches(":active")) continue;
    // What the reader has opened stays open.
    for (const shown of part.querySelectorAll("details[open]")) next.querySelector(`#${CSS.escape(shown.id)}`)?.setAttribute("open", "");
    const html = next.innerHTML;
    if (html === part.received) continue;
    part.received = html;
    for (const name of Object.keys(next.dataset)) part.dataset[name] = next.dataset[name];
    const focused = part.querySelector(":focus");
    part.replaceChildren(...next.childNodes);
    if (!focused) continue;
    const same = [...part.querySelectorAll("a, summary")].find((element) => identityOf(element) === identityOf(focused));
    same?.focus({ preventScroll: true });
  }
  if (!isFollowing) showAt(Number(slider.value));
}

async function live() {
  const begin = performance.now();
  try {
    if (!document.hidden) await refresh();
    document.body.classList.remove("stale");
  } catch {
    document.body.classList.add("stale");
    const told = "The exporter does not answer. What is shown is old.";
    if (state.textContent !== told) state.textContent = told;
  }
  // A page that takes long to replace is replaced less often.
  setTimeout(live, Math.max(1000, 10 * (performance.now() - begin)));
}

const number = (value, digits) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const units = {
  rate: (value) => number(value, value < 10 ? 1 : 0),
  count: (value) => number(value, 0),
  seconds: (value) => (value < 1 ? `${number(value * 1000, value < 0.01 ? 1 : 0)} ms` : `${number(value, value < 100 ? 1 : 0)} s`),
  share: (value) => `${number(value * 100, 0)} %`,
  bytes: (value) => `${number(value / 1048576, 1)} MiB`,
};

// Shows the values at a step of the charts, and a line there.
function showAt(step) {
  const history = document.getElementById("history").dataset;
  const time = new Date((Number(history.begin) + step * history.step) * 1000);
  document.getElementById("at-time").value = `${time.toISOString().slice(11, 19)} UTC`;
  for (const chart of document.querySelectorAll(".chart")) {
    const svg = chart.querySelector("svg");
    let cursor = svg.querySelector(".cursor");
    if (!cursor) {
      cursor = svg.appendChild(document.createElementNS(svg.namespaceURI, "path"));
      cursor.setAttribute("class", "cursor");
    }
    cursor.setAttribute("d", `M${step} 0V1000`);
    const shown = chart.querySelectorAll(".value");
    chart.querySelectorAll(".line").forEach((line, i) => {
      const point = line.getAttribute("d").match(new RegExp(`[ML]${step} (\\d+)`));
      shown[i].textContent = point ? units[chart.dataset.unit]((1 - point[1] / 1000) * chart.dataset.top) : "–";
    });
  }
}

function moveTo(step) {
  slider.value = step;
  isFollowing = Number(slider.value) === Number(slider.max);
  showAt(Number(slider.value));
}

if (slider) {
  document.getElementById("cursor").hidden = false;
  slider.addEventListener("input", () => moveTo(slider.value));
  document.getElementById("history").addEventListener("pointermove", (event) => {
    const box = event.target.closest(".chart svg")?.getBoundingClientRect();
    if (box) moveTo(Math.round(((event.clientX - box.left) / box.width) * slider.max));
  });
}

// The search takes effect while it is typed.
document.querySelector("#search input[type=search]")?.addEventListener("input", (event) => {
  const address = new URL(location.href);
  address.searchParams.set(event.target.name, event.target.value);
  history.replaceState(null, "", address);
  refresh().catch(() => {});
});

live();
