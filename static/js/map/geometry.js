// SPDX-License-Identifier: AGPL-3.0-or-later
// The little geometry a page needs: extents, an area to read while drawing (the server says the exact one), a grid.
const radians = (degrees) => (degrees * Math.PI) / 180;

// WGS 84 on the sphere of the same surface (Snyder 1987, equations 3-11 to 3-13): areas are those of the ellipsoid.
const AXIS = 6_378_137, SQUARED = 0.00669437999014, ECCENTRICITY = Math.sqrt(SQUARED);
const zone = (sine) =>
  (1 - SQUARED) * (sine / (1 - SQUARED * sine * sine) + Math.atanh(ECCENTRICITY * sine) / ECCENTRICITY);
const WHOLE = zone(1), RADIUS = AXIS * Math.sqrt(WHOLE / 2);
const half = (latitude) => Math.tan(Math.asin(zone(Math.sin(radians(latitude))) / WHOLE) / 2);

/** All positions of a GeoJSON geometry, feature or collection. */
export function positions(thing) {
  if (!thing) return [];
  if (thing.type === "FeatureCollection") return thing.features.flatMap(positions);
  if (thing.type === "Feature") return positions(thing.geometry);
  if (thing.type === "GeometryCollection") return thing.geometries.flatMap(positions);
  const flat = (list) => (typeof list[0] === "number" ? [list] : list.flatMap(flat));
  return thing.coordinates?.length ? flat(thing.coordinates) : [];
}

/** [west, south, east, north], or null when there is nothing. */
export function extent(thing) {
  const found = positions(thing);
  if (!found.length) return null;
  const [xs, ys] = [found.map(([x]) => x), found.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

// Each side is a great circle; between it and the equator lies its spherical excess (Karney 2013, section 6).
function ringArea(ring) {
  const excess = ring.slice(1).reduce((total, [x, y], index) => {
    const [x0, y0] = ring[index];
    const [from, to] = [half(y0), half(y)];
    return total + 2 * Math.atan2(Math.tan(radians(x - x0) / 2) * (from + to), 1 + from * to);
  }, 0);
  return Math.abs(excess) * RADIUS * RADIUS;
}

const polygonArea = ([outer, ...holes]) => ringArea(outer) - holes.reduce((total, ring) => total + ringArea(ring), 0);

/** Square metres on the ellipsoid, within a ten thousandth. */
export function area(geometry) {
  if (geometry?.type === "Polygon") return polygonArea(geometry.coordinates);
  return geometry?.type === "MultiPolygon" ? geometry.coordinates.reduce((sum, polygon) => sum + polygonArea(polygon), 0) : 0;
}

const rounded = (value) => Math.round(value * 1e6) / 1e6;

export function rectangle([west, south, east, north]) {
  const [w, s, e, n] = [west, south, east, north].map(rounded);
  return { type: "Polygon", coordinates: [[[w, s], [e, s], [e, n], [w, n], [w, s]]] };
}

const lines = (from, to, step) => Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);

function label(value, positive, negative) {
  return `${Math.abs(value)}°${value === 0 ? "" : value > 0 ? positive : negative}`;
}

/** Meridians and parallels every `step` degrees, each with its own label. */
export function graticule(step, west = "W") {
  const meridians = lines(-180, 180, step).map((x) => ({
    type: "Feature", properties: { label: label(x, "E", west) },
    geometry: { type: "LineString", coordinates: lines(-85, 85, 5).map((y) => [x, y]) },
  }));
  const parallels = lines(-80, 80, step).map((y) => ({
    type: "Feature", properties: { label: label(y, "N", "S") },
    geometry: { type: "LineString", coordinates: lines(-180, 180, 5).map((x) => [x, y]) },
  }));
  return { type: "FeatureCollection", features: [...meridians, ...parallels] };
}
