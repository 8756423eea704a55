// SPDX-License-Identifier: AGPL-3.0-or-later
// The style of the map: sea, land, lines and names as on a printed sheet, then cells, footprints and the area asked.
// Each state has a colour and a second sign: held is full and its outline plain, unlock is hatched and dashed,
// order is dotted with a thin outline, wait (on its way) is hatched in another hue, none is empty and pointed.
import { graticule } from "./geometry.js";
import { towns } from "./places.js";
import { language, word } from "../words.js";

export const STATES = ["none", "order", "wait", "unlock", "held"];
export const EMPTY = { type: "FeatureCollection", features: [] };
const FONT = ["IBM Plex Sans"];
const DASHES = { held: null, unlock: [3, 2], wait: [4, 2], order: null, none: [1, 2] };
const WIDTHS = { held: 1.4, unlock: 1.4, wait: 1, order: 1, none: 1 };
const FILLS = { held: 0.3, unlock: 0.1, wait: 0.08, order: 0.07, none: 0.02 };
const NEAR = 6;

const absolute = (template) => (template.startsWith("/") ? window.location.origin + template : template);
const vector = (template, options = {}) => ({ type: "vector", tiles: [absolute(template)], maxzoom: 14, ...options });
const geojson = (data, options = {}) => ({ type: "geojson", data, ...options });
/** A day as the page writes it in short: tiles carry 2025-06-14. */
const day = (text) => (language() === "fr" ? ["case", ["==", text, ""], "", ["concat", ["slice", text, 8, 10], "/", ["slice", text, 5, 7], "/", ["slice", text, 0, 4]]] : text);
const by = (...stops) => ["interpolate", ["linear"], ["zoom"], ...stops];

/** Sources from what the element names; absent ones are left out with their layers. */
export function sources({ land, near, borders, base, items, cells, picture, frame }) {
  const west = language() === "fr" ? "O" : "W";
  return {
    graticule10: geojson(graticule(10, west)),
    graticule1: geojson(graticule(1, west)),
    towns: geojson(towns(), { attribution: word("attribution") }),
    ...(land && { land: geojson(land) }),
    ...(near && { near: geojson(near) }),
    ...(borders && { borders: geojson(borders) }),
    ...(base && { base: vector(base) }),
    ...(cells && { cells: vector(cells, { promoteId: "code" }) }),
    ...(items && { items: vector(items, { promoteId: "id" }) }),
    ...(picture && { picture: { type: "raster", tiles: [picture], tileSize: 256, bounds: frame, maxzoom: 20 } }),
    shapes: geojson(EMPTY, { promoteId: "id" }),
    aoi: geojson(EMPTY),
  };
}

function ground(palette) {
  const line = (id, source, width, minzoom, maxzoom) =>
    ({ id, type: "line", source, minzoom, maxzoom, paint: { "line-color": palette["map-graticule"], "line-width": width } });
  return [
    { id: "sea", type: "background", paint: { "background-color": palette["map-sea"] } },
    line("graticule10", "graticule10", 1, 0, 5),
    line("graticule1", "graticule1", 0.75, 5, 14),
    { id: "land", type: "fill", source: "land", maxzoom: NEAR, paint: { "fill-color": palette["map-land"] } },
    { id: "coast", type: "line", source: "land", maxzoom: NEAR, paint: { "line-color": palette["map-coast"], "line-width": 0.7 } },
    { id: "near", type: "fill", source: "near", minzoom: NEAR, paint: { "fill-color": palette["map-land"] } },
    { id: "base-land", type: "fill", source: "base", "source-layer": "land", paint: { "fill-color": palette["map-land"], "fill-antialias": false } },
    { id: "base-coast", type: "line", source: "base", "source-layer": "land", paint: { "line-color": palette["map-coast"], "line-width": 0.8 } },
    { id: "borders", type: "line", source: "borders", paint: { "line-color": palette["map-line"], "line-width": by(3, 0.6, 8, 1.4), "line-dasharray": [4, 2, 1, 2] } },
  ];
}

function administration(palette) {
  const line = (layer, colour, width, minzoom) => ({
    id: `base-${layer}`, type: "line", source: "base", "source-layer": layer, minzoom,
    paint: { "line-color": palette[colour], "line-width": width },
  });
  return [
    line("commune", "map-line-2", by(10, 0.4, 14, 1.2), 10),
    line("departement", "map-line", by(5, 0.35, 10, 1.1), 5),
    line("region", "map-line", by(4, 0.7, 10, 1.8), 3),
  ];
}

const isState = (state) => (state === "none"
  ? ["!", ["in", ["get", "state"], ["literal", ["held", "unlock", "wait", "order"]]]]
  : ["==", ["get", "state"], state]);

function stateLayers(palette, source, layer, state) {
  const common = { source, filter: isState(state), ...(layer && { "source-layer": layer }) };
  const fill = { id: `${source}-${state}`, type: "fill", ...common, paint: { "fill-color": palette[state], "fill-opacity": by(4, FILLS[state] * 0.5, 8, FILLS[state]), "fill-antialias": false } };
  const pattern = { id: `${source}-${state}-sign`, type: "fill", ...common, paint: { "fill-pattern": `pattern-${state}`, "fill-opacity": by(5, 0, 7, 0.8) } };
  const outline = {
    id: `${source}-${state}-line`, type: "line", ...common,
    paint: { "line-color": palette[state], "line-width": by(4, WIDTHS[state] * 0.4, 8, WIDTHS[state]), "line-opacity": 0.9, ...(DASHES[state] && { "line-dasharray": DASHES[state] }) },
  };
  return ["unlock", "wait", "order"].includes(state) ? [fill, pattern, outline] : [fill, outline];
}

/** The footprint under the pointer or chosen in the list: a thick ink line with a light one around it. */
function lit(palette, source, layer) {
  const on = (shown) => ["case", ["boolean", ["feature-state", "lit"], false], shown, ["boolean", ["feature-state", "chosen"], false], shown, 0];
  const common = { type: "line", source, ...(layer && { "source-layer": layer }) };
  return [
    { id: `${source}-casing`, ...common, paint: { "line-color": palette.surface, "line-width": 6, "line-opacity": on(0.9) } },
    { id: `${source}-lit`, ...common, paint: { "line-color": palette.ink, "line-width": 2.5, "line-opacity": on(1) } },
  ];
}

function footprints(palette, source, layer) {
  return [...STATES.flatMap((state) => stateLayers(palette, source, layer, state)), ...lit(palette, source, layer)];
}

const CELL_FILLS = { planned: 0.02, acquired: 0.08, produced: 0.14, delivered: 0.55 };
const CELL_PATTERNS = { acquired: "pattern-acquired", produced: "pattern-produced" };

/** Cells by how far they are: one hue, fuller and fuller; dots and strokes tell the middle ones apart without colour. */
function byStatus(palette) {
  return Object.entries(CELL_FILLS).flatMap(([status, opacity]) => {
    const common = { source: "cells", "source-layer": "cells", filter: ["==", ["get", "status"], status] };
    const fill = { id: `cells-${status}`, type: "fill", ...common, paint: { "fill-color": palette.brand, "fill-opacity": opacity, "fill-antialias": false } };
    const pattern = { id: `cells-${status}-sign`, type: "fill", ...common, paint: { "fill-pattern": CELL_PATTERNS[status] ?? "", "fill-opacity": 0.8 } };
    const line = { id: `cells-${status}-line`, type: "line", ...common, paint: { "line-color": palette.brand, "line-width": by(4, 0.5, 8, 1.4), ...(status === "planned" && { "line-dasharray": [1, 2] }) } };
    return status in CELL_PATTERNS ? [fill, pattern, line] : [fill, line];
  });
}

/** Cells by class: six colours that differ in lightness by half each, so that they need no sense of colour; the fullest
    is the newest, or the most. Closer, each cell says its day, or its number; one without an image stays the land. */
function byClass(palette, label) {
  const common = { source: "cells", "source-layer": "cells" };
  const colours = [0, 1, 2, 3, 4, 5].flatMap((place) => [place, palette[`class-${place}`]]);
  const place = ["coalesce", ["get", "age"], -1];
  return [
    { id: "cells-age", type: "fill", ...common, paint: { "fill-color": ["match", place, ...colours, palette.surface], "fill-opacity": ["case", ["<", place, 0], 0, 0.88], "fill-antialias": false } },
    { id: "cells-age-line", type: "line", ...common, paint: { "line-color": palette["map-label"], "line-width": by(4, 0.2, 8, 0.8), "line-opacity": ["case", ["<", place, 0], 0.25, 0.9] } },
    { id: "cells-age-name", type: "symbol", ...common, minzoom: 7, layout: { "text-field": label, "text-font": FONT, "text-size": 11 }, paint: text(palette, "ink") },
  ];
}

const byAge = (palette) => byClass(palette, day(["coalesce", ["get", "date"], ""]));
const byNeed = (palette) => byClass(palette, ["to-string", ["get", "wanted"]]);

const CELLS = { status: byStatus, age: byAge, need: byNeed };

function cells(palette, mode) {
  return mode in CELLS ? [...CELLS[mode](palette), ...lit(palette, "cells", "cells")] : footprints(palette, "cells", "cells");
}

function asked(palette) {
  return [
    { id: "aoi-casing", type: "line", source: "aoi", paint: { "line-color": palette.surface, "line-width": 6, "line-opacity": 0.8 } },
    { id: "aoi", type: "line", source: "aoi", paint: { "line-color": palette.action, "line-width": 3 } },
  ];
}

const text = (palette, colour = "map-label") => ({ "text-color": palette[colour], "text-halo-color": palette["map-halo"], "text-halo-width": 1.4 });

function graticuleNames(palette) {
  const one = (id, source, minzoom, maxzoom) => ({
    id, type: "symbol", source, minzoom, maxzoom,
    layout: { "symbol-placement": "line", "symbol-spacing": 500, "text-field": ["get", "label"], "text-font": FONT, "text-size": 10 },
    paint: { "text-color": palette["map-coast"], "text-halo-color": palette["map-sea"], "text-halo-width": 1 },
  });
  return [one("graticule10-name", "graticule10", 0, 5), one("graticule1-name", "graticule1", 5, 14)];
}

function names(palette) {
  const area = (layer, minzoom, maxzoom, size, more = {}) => ({
    id: `base-${layer}-name`, type: "symbol", source: "base", "source-layer": layer, minzoom, maxzoom,
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": size, "text-max-width": 7, "text-padding": 24, ...more },
    paint: text(palette),
  });
  const spaced = { "text-letter-spacing": 0.12, "text-transform": "uppercase" };
  return [
    area("commune", 11, 24, by(11, 11, 14, 14), { "text-padding": 6 }),
    area("departement", 7, 10, 11, spaced),
    {
      id: "towns", type: "symbol", source: "towns", maxzoom: 11, filter: ["<=", ["get", "rank"], ["step", ["zoom"], 1, 5.2, 2, 6.4, 3]],
      layout: {
        "text-field": ["get", "name"], "text-font": FONT, "text-size": by(4, 11, 9, 15), "text-anchor": "left", "text-offset": [0.5, 0],
        "symbol-sort-key": ["get", "rank"],
      },
      paint: text(palette, "ink"),
    },
    { id: "towns-dot", type: "circle", source: "towns", maxzoom: 11, filter: ["<=", ["get", "rank"], ["step", ["zoom"], 1, 5.2, 2, 6.4, 3]],
      paint: { "circle-radius": 2.2, "circle-color": palette["map-halo"], "circle-stroke-color": palette.ink, "circle-stroke-width": 1.2 } },
  ];
}

/** Every layer, from the sea up, for the sources that are there. */
export function layers(palette, present, mode) {
  const all = [
    ...ground(palette), { id: "picture", type: "raster", source: "picture", paint: { "raster-fade-duration": 0 } }, ...administration(palette), ...cells(palette, mode), ...footprints(palette, "items", "items"),
    ...footprints(palette, "shapes"), ...graticuleNames(palette), ...names(palette), ...asked(palette),
  ];
  return all.filter((layer) => !layer.source || layer.source in present);
}

export function buildStyle(palette, named) {
  const present = sources(named);
  return { version: 8, sources: present, layers: layers(palette, present, named.mode) };
}
