// SPDX-License-Identifier: AGPL-3.0-or-later
// Several areas in GeoJSON: apart in a list, together as one geometry, collected as the server reads them apart again.
const polygons = ({ type, coordinates }) => (type === "MultiPolygon" ? coordinates : [coordinates]);

/** The areas of GeoJSON: each feature of a collection, else each polygon. */
export function apart(json) {
  if (!json) return [];
  if (json.type === "FeatureCollection") return json.features.map(({ geometry }) => geometry).filter(Boolean);
  if (json.type === "Feature") return apart(json.geometry);
  if (json.type === "GeometryCollection") return json.geometries;
  return polygons(json).map((coordinates) => ({ type: "Polygon", coordinates }));
}

/** All of the areas as one geometry, as it was where it is one; null where there is none. It is drawn, not measured. */
export function together(areas) {
  if (areas.length < 2) return areas[0] ?? null;
  return { type: "MultiPolygon", coordinates: areas.flatMap(polygons) };
}

export function collected(areas) {
  if (areas.length < 2) return areas[0] ?? null;
  return { type: "FeatureCollection", features: areas.map((geometry) => ({ type: "Feature", properties: {}, geometry })) };
}
