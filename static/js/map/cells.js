// SPDX-License-Identifier: AGPL-3.0-or-later
// A cell of a map of the nation: what it says when the pointer or the middle of a moved map is on it, and under a click.
import { dayIn, numberIn, word } from "../words.js";

const TENTHS = /^([EW])(\d{4})([NS])(\d{4})$/;

/** "west,south,east,north" of a code of the grid, its lower left corner in tenths of a degree: as dinamis/catalogue/grid.py. */
export function boxOf(code) {
  const found = TENTHS.exec(code ?? "");
  if (!found) return "";
  const [west, south] = [Number(found[2]) * (found[1] === "E" ? 1 : -1), Number(found[4]) * (found[3] === "N" ? 1 : -1)];
  return [west, south, west + 1, south + 1].map((tenths) => (tenths / 10).toFixed(1)).join(",");
}

/** The place of a cell: a commune and its département, or a code. */
function placeOf({ title, code, departement }) {
  return departement ? `${title ?? code} (${departement})` : title ?? code ?? "";
}

/** What is counted of it, in words; the class of its age says the legend of this map. */
function countOf({ age, date, wanted }, map) {
  const held = date ? word("newestOf", { day: dayIn(date) }) : word("newestNone");
  if (wanted !== undefined) return [word("wantedBy", { n: numberIn(wanted) }), held];
  const named = map.querySelector(`[data-class="${CSS.escape(String(age ?? "none"))}"]`)?.textContent;
  return date && named ? [held, named] : [held];
}

/** One line: "Ouistreham (14) · newest image 14 June 2025 · less than half a year". */
export function readingOf({ properties }, map) {
  return [placeOf(properties), ...countOf(properties, map)].join(" · ");
}

/** The same as an entry under a click, with what can be done: the links of a <template>, BBOX being its box. */
export function cellEntry({ properties }, map, template) {
  const entry = document.createElement("li");
  entry.append(Object.assign(document.createElement("strong"), { textContent: placeOf(properties) }));
  for (const textContent of countOf(properties, map)) entry.append(Object.assign(document.createElement("span"), { textContent }));
  const links = template?.content.cloneNode(true);
  for (const link of links?.querySelectorAll("a") ?? []) link.setAttribute("href", link.getAttribute("href").replace("BBOX", boxOf(properties.code)));
  if (links) entry.append(links);
  return entry;
}
