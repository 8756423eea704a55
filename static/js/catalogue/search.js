// SPDX-License-Identifier: AGPL-3.0-or-later
// The catalogue page made quicker: places suggested while one types, areas short enough for an address. All of it
// works without: the form is sent, and the page says which places it found.
import { brushYears } from "./brush.js";
import { suggestPlaces } from "./places.js";
import { followSearches } from "./visit.js";

const DECIMALS = 5;
const MOST_VERTICES = 120;

const short = (value) => String(Number(value.toFixed(DECIMALS)));
const ring = (points) => `(${points.map(([x, y]) => `${short(x)} ${short(y)}`).join(",")})`;
const polygon = (rings) => `(${rings.map(ring).join(",")})`;

/** Every n-th vertex of a ring, so that the whole has no more than `most`; the ends stay. */
function thinned(points, share) {
  const step = Math.ceil(1 / share);
  return points.length <= 5 ? points : points.filter((_, index) => index % step === 0 || index === points.length - 1);
}

/** GeoJSON as WKT: a quarter of its length once escaped. Other text comes back as it is. */
export function shortArea(text) {
  if (!text.trim().startsWith("{")) return text;
  const { type, coordinates } = JSON.parse(text);
  const polygons = type === "Polygon" ? [coordinates] : coordinates;
  const count = polygons.flat().reduce((sum, points) => sum + points.length, 0);
  const kept = polygons.map((rings) => rings.map((points) => thinned(points, Math.min(1, MOST_VERTICES / count))));
  return kept.length === 1 ? `POLYGON${polygon(kept[0])}` : `MULTIPOLYGON(${kept.map(polygon).join(",")})`;
}

const FORM = "[data-search-form]";

/** What a form needs that has just come: with the page, or with the answer to another search. */
function furnish() {
  const form = document.querySelector(FORM);
  if (!form) return;
  const where = form.elements.namedItem("where");
  if (where) suggestPlaces(where, () => form.requestSubmit());
  brushYears(form);
}

// A drawn area is about the same place as before no more, and the list starts again. Caught before the pause of
// `data-autosubmit`, which would send it a second time.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("[data-aoi-input]") || !input.form?.matches(FORM)) return;
  event.stopPropagation();
  const where = input.form.elements.namedItem("where");
  if (input.value && where) where.value = "";
  input.form.requestSubmit();
}, true);
document.addEventListener("formdata", ({ target, formData }) => {
  if (target.matches(FORM) && formData.get("aoi")) formData.set("aoi", shortArea(String(formData.get("aoi"))));
}, true);
document.addEventListener("dinamis:searched", furnish);
followSearches();
furnish();
