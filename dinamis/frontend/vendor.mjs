// SPDX-License-Identifier: AGPL-3.0-or-later
// Copies what the pages load from node_modules to static/vendor, so that the site serves every byte itself:
// ES modules with their bare imports turned into relative ones (an import map would be an inline script),
// styles, the latin and latin-ext faces, and Natural Earth as GeoJSON. Same input, same output.
//
//   node vendor.mjs [--out DIR]      copy (default ../../static/vendor)
//   node vendor.mjs --check          say what is missing or differs, write nothing, exit 1 when anything does
//   node vendor.mjs --tidy-lock      drop the sponsor addresses npm writes into package-lock.json

import { Buffer } from "node:buffer";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { feature, mesh } from "topojson-client";

const HERE = dirname(fileURLToPath(import.meta.url));
const MODULES = join(HERE, "node_modules");
const SUBSETS = ["latin-ext", "latin"];
const LATIN_EXT =
  "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,U+1D00-1DBF," +
  "U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF";
const LATIN =
  "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F," +
  "U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD";
const RANGES = { latin: LATIN, "latin-ext": LATIN_EXT };
const FACES = [
  { family: "IBM Plex Sans", slug: "ibm-plex-sans", weights: [400, 600, 700] },
  { family: "IBM Plex Mono", slug: "ibm-plex-mono", weights: [400, 600] },
];

const moduleText = (path) => readFileSync(join(MODULES, path), "utf8");

/** A source map we do not ship would make the hashing static storage fail on a missing file. */
const withoutSourceMap = (text) => text.replace(/^\/[/*]# sourceMappingURL=.*$/gm, "").trimEnd() + "\n";

/** Rewrite `from"name"` to `from"./path"`; refuse any bare specifier that stays. */
function relativeImports(text, paths, file) {
  const rewritten = Object.entries(paths).reduce(
    (body, [name, path]) => body.replaceAll(`from"${name}"`, `from"${path}"`), text);
  const left = [...rewritten.matchAll(/(?:^|[;}])(?:import|export)\b[^;"']*?from\s*["']([^."'][^"']*)["']/g)];
  if (left.length) throw new Error(`${file}: bare import left: ${left.map((m) => m[1]).join(", ")}`);
  return rewritten;
}

function scripts() {
  const maplibre = "maplibre-gl/dist/";
  return {
    // The worker is looked for beside the module (import.meta.url), so both keep their names in one folder.
    "maplibre/maplibre-gl.mjs": withoutSourceMap(moduleText(`${maplibre}maplibre-gl.mjs`)),
    "maplibre/maplibre-gl-worker.mjs": withoutSourceMap(moduleText(`${maplibre}maplibre-gl-worker.mjs`)),
    "maplibre/maplibre-gl.css": withoutSourceMap(moduleText(`${maplibre}maplibre-gl.css`)),
    "terra-draw/terra-draw.mjs": withoutSourceMap(moduleText("terra-draw/dist/terra-draw.module.js")),
    "terra-draw/terra-draw-maplibre-gl-adapter.mjs": relativeImports(
      withoutSourceMap(moduleText("terra-draw-maplibre-gl-adapter/dist/terra-draw-maplibre-gl-adapter.module.js")),
      { "terra-draw": "./terra-draw.mjs" }, "terra-draw-maplibre-gl-adapter"),
    "htmx/htmx.mjs": withoutSourceMap(moduleText("htmx.org/dist/htmx.esm.min.js")),
  };
}

function faceRule({ family, slug }, weight, subset) {
  return `@font-face {
  font-family: "${family}"; font-style: normal; font-weight: ${weight}; font-display: swap;
  src: url("${slug}-${subset}-${weight}-normal.woff2") format("woff2");
  unicode-range: ${RANGES[subset]};
}
`;
}

function fonts() {
  const files = {};
  const rules = [];
  for (const face of FACES) {
    for (const weight of face.weights) {
      for (const subset of SUBSETS) {
        const name = `${face.slug}-${subset}-${weight}-normal.woff2`;
        files[`fonts/${name}`] = readFileSync(join(MODULES, "@fontsource", face.slug, "files", name));
        rules.push(faceRule(face, weight, subset));
      }
    }
  }
  return { ...files, "fonts/plex.css": rules.join("") };
}

/** Round coordinates: 3 decimals (110 m) are finer than 1:50m can draw, 4 (11 m) than 1:10m, for half the bytes. */
const rounded = (value, unit) => (Array.isArray(value) ? value.map((v) => rounded(v, unit)) : Math.round(value * unit) / unit);

function geojson(name, geometry, decimals) {
  const properties = { source: "Natural Earth", name };
  const plain = { type: geometry.type, coordinates: rounded(geometry.coordinates, 10 ** decimals) };
  return JSON.stringify({ type: "FeatureCollection", features: [{ type: "Feature", properties, geometry: plain }] });
}

/** Each country with its name and its ISO 3166-1 number, which the server looks areas up by. */
function countriesOf(topology, decimals) {
  const features = feature(topology, topology.objects.countries).features.map(({ id, properties, geometry }) => ({
    type: "Feature",
    properties: { source: "Natural Earth", name: properties.name, code: id ?? "" },
    geometry: { type: geometry.type, coordinates: rounded(geometry.coordinates, 10 ** decimals) },
  }));
  return JSON.stringify({ type: "FeatureCollection", features });
}

/** All polygons of a TopoJSON object as one MultiPolygon, so that a reader finds one geometry. */
function multiPolygon(topology, object) {
  const found = feature(topology, object);
  const list = found.type === "FeatureCollection" ? found.features : [found];
  const coordinates = list.flatMap(({ geometry }) =>
    geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates);
  return { type: "MultiPolygon", coordinates };
}

/** Windows [west, south, east, north] around metropolitan and overseas France, where the fine coast is worth its bytes. */
const WINDOWS = [
  [-13, 35, 17, 56], [-66, 10, -58, 20], [-58, 0, -48, 8], [42, -15, 48, -10], [53, -23, 58, -19],
  [156, -24, 172, -17], [-155, -24, -134, -7], [-180, -16, -174, -11], [-58, 45, -54, 48],
];

/** One side of the Sutherland-Hodgman clip: keep what `inside` keeps, cut where `cross` says. */
function clipSide(ring, inside, cross) {
  return ring.flatMap((point, index) => {
    const before = ring[(index + ring.length - 1) % ring.length];
    if (inside(point)) return inside(before) ? [point] : [cross(before, point), point];
    return inside(before) ? [cross(before, point)] : [];
  });
}

function clipRing(ring, [west, south, east, north]) {
  const atX = (x) => ([x0, y0], [x1, y1]) => [x, y0 + ((y1 - y0) * (x - x0)) / (x1 - x0)];
  const atY = (y) => ([x0, y0], [x1, y1]) => [x0 + ((x1 - x0) * (y - y0)) / (y1 - y0), y];
  const sides = [
    [([x]) => x >= west, atX(west)], [([x]) => x <= east, atX(east)],
    [([, y]) => y >= south, atY(south)], [([, y]) => y <= north, atY(north)],
  ];
  const open = sides.reduce((points, [inside, cross]) => clipSide(points, inside, cross), ring.slice(0, -1));
  return open.length < 3 ? [] : [...open, open[0]];
}

function clipped(geometry, windows) {
  const coordinates = windows.flatMap((window) => geometry.coordinates
    .map((rings) => rings.map((ring) => clipRing(ring, window)).filter((ring) => ring.length))
    .filter((rings) => rings.length));
  return { type: "MultiPolygon", coordinates };
}

function outlines() {
  const land = (scale) => JSON.parse(moduleText(`world-atlas/land-${scale}.json`));
  const countries = JSON.parse(moduleText("world-atlas/countries-50m.json"));
  const [coarse, fine] = [land("50m"), land("10m")];
  return {
    "geo/land-50m.geojson": geojson("land 1:50m", multiPolygon(coarse, coarse.objects.land), 3),
    "geo/land-10m.geojson": geojson("land 1:10m", multiPolygon(fine, fine.objects.land), 4),
    "geo/land-10m-near.geojson": geojson("land 1:10m around France", clipped(multiPolygon(fine, fine.objects.land), WINDOWS), 3),
    "geo/countries-50m.geojson": countriesOf(countries, 3),
    "geo/borders-50m.geojson": geojson(
      "borders 1:50m", mesh(countries, countries.objects.countries, (left, right) => left !== right), 3),
  };
}

function licences() {
  const packages = [
    ["maplibre-gl", "LICENSE.txt"], ["terra-draw", "LICENSE"], ["htmx.org", "LICENSE"], ["world-atlas", "LICENSE"],
    ["topojson-client", "LICENSE"], ["@fontsource/ibm-plex-sans", "LICENSE"], ["@fontsource/ibm-plex-mono", "LICENSE"],
  ];
  const found = packages.filter(([name, file]) => existsSync(join(MODULES, name, file)));
  const parts = found.map(([name, file]) => `== ${name} ==\n\n${moduleText(join(name, file)).trim()}\n`);
  return { "LICENCES.txt": parts.join("\n\n") };
}

const bytes = (content) => (Buffer.isBuffer(content) ? content : Buffer.from(content, "utf8"));

/** Files under `folder`, relative, sorted; none when it does not exist. */
function listing(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: false }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listing(path).map((inner) => join(entry.name, inner)) : [entry.name];
  }).sort();
}

function write(out, files) {
  const wanted = new Set(Object.keys(files));
  for (const stale of listing(out).filter((path) => !wanted.has(path))) rmSync(join(out, stale));
  for (const [path, content] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const target = join(out, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes(content));
    console.log(`${String(bytes(content).length).padStart(9)}  ${path}`);
  }
  console.log(`${wanted.size} files in ${relative(process.cwd(), out) || "."}`);
}

function check(out, files) {
  const wrong = Object.entries(files).filter(([path, content]) => {
    const target = join(out, path);
    return !existsSync(target) || !readFileSync(target).equals(bytes(content));
  });
  for (const [path] of wrong) console.error(`missing or different: ${path}`);
  process.exitCode = wrong.length ? 1 : 0;
}

/** npm copies the sponsor pages of packages into the lock; nothing needs an address there. */
function tidyLock() {
  const path = join(HERE, "package-lock.json");
  const lock = JSON.parse(readFileSync(path, "utf8"));
  for (const entry of Object.values(lock.packages)) {
    delete entry.funding;
    delete entry.resolved;
  }
  writeFileSync(path, JSON.stringify(lock, null, 2) + "\n");
}

const args = process.argv.slice(2);
if (args.includes("--tidy-lock")) {
  tidyLock();
} else {
  const given = args.includes("--out") ? args[args.indexOf("--out") + 1] : join(HERE, "../../static/vendor");
  const files = { ...scripts(), ...fonts(), ...outlines(), ...licences() };
  (args.includes("--check") ? check : write)(resolve(given), files);
}
