// SPDX-License-Identifier: AGPL-3.0-or-later
// How a drawn area gets into an address: short ones as they are, longer ones under the name the site keeps them by.
const DECIMALS = 5;
const MOST_VERTICES = 120;
const AREAS = "/catalogue/area/";

const short = (value) => String(Number(value.toFixed(DECIMALS)));
const ring = (points) => `(${points.map(([x, y]) => `${short(x)} ${short(y)}`).join(",")})`;
const polygon = (rings) => `(${rings.map(ring).join(",")})`;

/** GeoJSON as WKT, a quarter of its length once escaped; null when it has more vertices than an address holds. */
function shortArea(text) {
  const { type, coordinates } = JSON.parse(text);
  const polygons = type === "Polygon" ? [coordinates] : coordinates;
  if (polygons.flat(2).length > MOST_VERTICES) return null;
  return polygons.length === 1 ? `POLYGON${polygon(polygons[0])}` : `MULTIPOLYGON(${polygons.map(polygon).join(",")})`;
}

/** What the address holds for an area: its outline, or the name under which the site keeps a longer one. */
export async function inAddress(text) {
  if (!text.trim().startsWith("{")) return text;
  const short = shortArea(text);
  if (short) return short;
  const body = new FormData();
  body.set("aoi", text);
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  const answer = await fetch(AREAS, { method: "POST", body, headers: { Accept: "application/json" } });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail);
  return said.aoi;
}
