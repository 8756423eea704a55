// SPDX-License-Identifier: AGPL-3.0-or-later
// The years as a brush: two handles over the bars, for pointer and keyboard alike, and a stroke across the bars.
// They write the two date fields, which do the same without them.
import { word } from "../words.js";

function handle(id, label, first, last, value) {
  const made = Object.assign(document.createElement("input"), { type: "range", id, min: first, max: last, step: 1, value, className: "brush-handle" });
  made.setAttribute("aria-label", word(label));
  return made;
}

const yearOf = (field, otherwise) => Number(field.value.slice(0, 4)) || otherwise;

/** Lay the brush over `box` (its years in `data-first` and `data-last`), writing the fields `since` and `until`. */
function brush(box, since, until) {
  const [first, last] = [Number(box.dataset.first), Number(box.dataset.last)];
  const within = (year) => Math.min(last, Math.max(first, year));
  // Handles stand on the edges of bars: the second one after its last year.
  const from = handle("brush-from", "brushFrom", first, last + 1, within(yearOf(since, first)));
  const upto = handle("brush-until", "brushUntil", first, last + 1, within(yearOf(until, last)) + 1);
  const said = Object.assign(document.createElement("output"), { className: "brush-said" });
  const bars = [...box.querySelectorAll("rect")];

  const show = () => {
    const [low, high] = [Number(from.value), Number(upto.value) - 1];
    from.setAttribute("aria-valuetext", String(low));
    upto.setAttribute("aria-valuetext", String(high));
    said.textContent = low === high ? String(low) : `${low} – ${high}`;
    bars.forEach((bar, index) => bar.classList.toggle("on", first + index >= low && first + index <= high));
  };
  const write = () => {
    const [low, high] = [Number(from.value), Number(upto.value) - 1];
    since.value = low > first ? `${low}-01-01` : "";
    until.value = high < last ? `${high}-12-31` : "";
    for (const field of since.form.querySelectorAll("input[type=hidden][name=year]")) field.remove();
    show();
  };
  const set = (low, high) => {
    from.value = low;
    upto.value = high + 1;
    write();
  };
  from.addEventListener("input", () => set(Math.min(Number(from.value), Number(upto.value) - 1), Number(upto.value) - 1));
  upto.addEventListener("input", () => set(Number(from.value), Math.max(Number(upto.value), Number(from.value) + 1) - 1));
  stroke(box, (share) => within(first + Math.floor(share * (last + 1 - first))), set, () => from.dispatchEvent(new Event("change", { bubbles: true })));
  box.append(from, upto);
  box.after(said);
  show();
}

/** A stroke of the pointer over the bars: from the year it began in to the one it is over. */
function stroke(box, yearAt, set, done) {
  const chart = box.querySelector("svg");
  const at = ({ clientX }) => {
    const { left, width } = chart.getBoundingClientRect();
    return yearAt((clientX - left) / width);
  };
  let began = null;
  const drawn = (event) => set(...[began, at(event)].sort((a, b) => a - b));
  chart.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    began = at(event);
    chart.setPointerCapture(event.pointerId);
    drawn(event);
  });
  chart.addEventListener("pointermove", (event) => { if (began !== null) drawn(event); });
  chart.addEventListener("pointerup", () => {
    began = null;
    done();
  });
  chart.addEventListener("pointercancel", () => { began = null; });
}

/** Lay a brush over the histogram of the form, when there is one. */
export function brushYears(form) {
  const box = form.querySelector("[data-brush]");
  if (box && !box.querySelector(".brush-handle")) brush(box, form.elements.namedItem("since"), form.elements.namedItem("until"));
}
