"use strict";
const boxes = Array.from(document.querySelectorAll("svg.f"), (element) => ({
  element,
  text: element.querySelector("title").textContent.toLowerCase(),
  left: parseFloat(element.getAttribute("x")),
  width: parseFloat(element.getAttribute("width")),
  row: parseFloat(element.getAttribute("y")),
}));
const rounding = 0.002;

function isBelow(box, other) {
  return box.left >= other.left - rounding && box.left + box.width <= other.left + other.width + rounding;
}

// Shows a box over the full width, with its callers above it.
function zoom(to) {
  for (const box of boxes) {
    const isCaller = box.row < to.row && isBelow(to, box);
    const isShown = isCaller || (box.row >= to.row && isBelow(box, to));
    box.element.classList.toggle("hidden", !isShown);
    box.element.classList.toggle("caller", isCaller);
    box.element.setAttribute("x", isCaller ? "0%" : `${(100 * (box.left - to.left)) / to.width}%`);
    box.element.setAttribute("width", isCaller ? "100%" : `${(100 * box.width) / to.width}%`);
  }
}

function search(words) {
  const wanted = words.trim().toLowerCase();
  const found = boxes.filter((box) => wanted !== "" && box.text.includes(wanted));
  for (const box of boxes) box.element.classList.toggle("match", found.includes(box));
  // A match inside of another is part of it.
  const outer = found.filter((box) => !found.some((other) => other.row < box.row && isBelow(box, other)));
  const share = outer.reduce((sum, box) => sum + box.width, 0);
  document.getElementById("matched").textContent = wanted === "" ? "" : `${share.toFixed(1)} % matched`;
}

document.addEventListener("click", (event) => {
  const element = event.target.closest("svg.f");
  if (element) zoom(boxes.find((box) => box.element === element));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && boxes.length > 0) zoom(boxes[0]);
});
document.getElementById("search").addEventListener("input", (event) => search(event.target.value));
