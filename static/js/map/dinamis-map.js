// SPDX-License-Identifier: AGPL-3.0-or-later
// <dinamis-map>: see templates/components/README.md for its attributes and events. All it does can be done without it.
import { Map as MapLibre, Popup, ScaleControl, AttributionControl, addProtocol } from "../../vendor/maplibre/maplibre-gl.mjs";
import { language, km2In, word } from "../words.js";
import { askAgain } from "./again.js";
import { apart, collected, together } from "./areas.js";
import { readingOf } from "./cells.js";
import { area, extent, rectangle } from "./geometry.js";
import { AreaTool } from "./draw.js";
import { installPatterns, readPalette } from "./palette.js";
import { popupContent } from "./popup.js";
import { followRows, markRows, showRow } from "./rows.js";
import { buildStyle, EMPTY, layers, sources } from "./style.js";
import { reflect, toolbar } from "./tools.js";

const FRANCE = [-5.3, 41.2, 9.8, 51.2];
const DARK = window.matchMedia("(prefers-color-scheme: dark)");
const SHEET = new URL("../../vendor/maplibre/maplibre-gl.css", import.meta.url).href;
/** Room for the tools on the left, on a phone above, and the legend below, so that nothing asked lies under them. */
const NARROW = window.matchMedia("(width <= 760px)");
const room = () => (NARROW.matches ? { top: 68, right: 20, bottom: 72, left: 20 } : { top: 28, right: 28, bottom: 40, left: 78 });
const patient = askAgain(addProtocol);
const CLICKED = ["items", "shapes", "cells"];

function ensureSheet() {
  if (document.querySelector("link[data-maplibre]")) return;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: SHEET });
  link.dataset.maplibre = "";
  document.head.append(link);
}

function uiWords() {
  return {
    "Map.Title": word("map"), "AttributionControl.ToggleAttribution": word("sources"), "Popup.Close": word("close"), "NavigationControl.ZoomIn": word("zoomIn"), "NavigationControl.ZoomOut": word("zoomOut"),
    "CooperativeGesturesHandler.WindowsHelpText": word("wheel"), "CooperativeGesturesHandler.MacHelpText": word("wheelMac"),
    "CooperativeGesturesHandler.MobileHelpText": word("fingers"),
  };
}

/** The GeoJSON of a json_script element, or null. A feature or collection keeps its shape. */
function scriptJson(id) {
  const element = id && document.getElementById(id);
  try {
    return element ? JSON.parse(element.textContent) : null;
  } catch {
    return null;
  }
}

const MOST_CORNERS = 500;

/** One ring of few corners, as people draw it; of a hole, several parts or a coast nothing could be dragged. */
const isEditable = (area) => area?.type === "Polygon" && area.coordinates.length === 1 && area.coordinates[0].length <= MOST_CORNERS;

/** The view of an address: "longitude,latitude,zoom". */
function viewOf(text) {
  const [lng, lat, zoom] = (text ?? "").split(",").map(Number);
  return Number.isFinite(zoom) && Math.abs(lat) <= 90 ? { center: [lng, lat], zoom } : null;
}

const asGeometry = (thing) => (thing?.type === "Feature" ? thing.geometry : thing?.type === "FeatureCollection" ? thing.features[0]?.geometry ?? null : thing);

class DinamisMap extends HTMLElement {
  static observedAttributes = ["src-items", "src-cells"];

  connectedCallback() {
    if (this.map) return;
    ensureSheet();
    try {
      this.build();
    } catch (error) {
      this.fail(error?.name === "GPUInitializationError" || !document.createElement("canvas").getContext("webgl2") ? "noWebgl" : "failed");
    }
  }

  disconnectedCallback() {
    this.unfollow?.();
    DARK.removeEventListener("change", this.recolour);
    this.map?.remove();
    this.map = null;
  }

  attributeChangedCallback(name, before, after) {
    const source = this.map?.getSource(name.slice(4));
    if (source && before !== null && after) source.setTiles([after.startsWith("/") ? window.location.origin + after : after]);
  }

  fail(reason) {
    this.dataset.failed = "";
    delete this.dataset.ready;
    const text = this.querySelector(".map-fallback") ?? this.appendChild(Object.assign(document.createElement("p"), { className: "map-fallback" }));
    text.textContent = word(reason);
  }

  get named() {
    const { land, near, borders } = this.dataset;
    return { land, near, borders, base: this.getAttribute("src-base"), items: this.getAttribute("src-items"), cells: this.getAttribute("src-cells"), mode: this.getAttribute("cells-by"), picture: this.picture, frame: this.firstExtent };
  }

  /** Where the tiles of the picture are: they are drawn on request, so a busy server is asked again. */
  get picture() {
    const template = this.getAttribute("src-picture");
    return template && patient(new URL(template, window.location.href).href.replace(/%7B/gi, "{").replace(/%7D/gi, "}"));
  }

  get firstExtent() {
    const given = this.getAttribute("bounds")?.split(",").map(Number);
    return given?.length === 4 && given.every(Number.isFinite) ? given : extent(this.area) ?? extent(this.shapes) ?? FRANCE;
  }

  build() {
    this.areas = this.asked();
    this.shapes = scriptJson(this.getAttribute("shapes"));
    this.palette = readPalette(this);
    this.lit = { lit: null, chosen: [] };
    const canvas = this.appendChild(Object.assign(document.createElement("div"), { className: "map-canvas" }));
    this.map = new MapLibre({
      container: canvas, style: buildStyle(this.palette, this.named), ...(viewOf(this.getAttribute("view")) ?? { bounds: this.firstExtent, fitBoundsOptions: { padding: room(), maxZoom: 13 } }),
      attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: this.hasAttribute("src-picture") ? 20 : 17, minZoom: 1, locale: uiWords(),
      cooperativeGestures: !this.closest(".map-pane"), localIdeographFontFamily: false,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.getCanvas().setAttribute("aria-label", this.getAttribute("label") ?? word("map"));
    this.furnish();
    // Before the first tile asks for them.
    this.map.once("style.load", () => installPatterns(this.map, this.palette));
    this.map.once("load", () => this.ready());
    this.map.on("error", ({ error }) => { this.lastError = error; });
  }

  furnish() {
    this.map.addControl(new AttributionControl({ compact: true }), "bottom-right");
    // MapLibre unfolds what is not compact yet, over the legend.
    this.querySelector(".maplibregl-ctrl-attrib").classList.add("maplibregl-compact");
    this.map.addControl(new ScaleControl({ maxWidth: 110, unit: "metric" }), "bottom-left");
    const kinds = (this.getAttribute("draw") ?? "").split(/\s+/).filter(Boolean);
    this.tools = toolbar(kinds, (name) => this.use(name));
    this.said = Object.assign(document.createElement("p"), { className: "map-said" });
    this.said.setAttribute("role", "status");
    this.append(this.tools, this.said);
    const colours = { line: this.palette.action, light: this.palette.surface };
    this.tool = kinds.length ? new AreaTool(this.map, colours, (...told) => this.changed(...told), (mode) => this.moded(mode)) : null;
    reflect(this.tools, null, { editable: isEditable(this.area), clearable: Boolean(this.area) });
  }

  ready() {
    this.map.getSource("shapes").setData(this.shapes ?? EMPTY);
    this.showArea();
    this.watch();
    this.dataset.ready = "";
    this.dispatchEvent(new CustomEvent("dinamis:ready", { bubbles: true }));
  }

  watch() {
    this.clicked = layers(this.palette, sources(this.named), this.named.mode).filter(({ type, source }) => type === "fill" && CLICKED.includes(source)).map(({ id }) => id);
    this.recolour = () => this.repaint();
    DARK.addEventListener("change", this.recolour);
    this.unfollow = followRows((id) => this.light("lit", id === null ? [] : [id]));
    this.map.on("mousemove", ({ point }) => this.hover(point));
    this.map.on("mouseout", () => this.hover(null));
    this.map.on("click", (event) => this.choose(event));
    this.stood = this.view;
    this.map.on("moveend", (event) => this.moved(event));
    this.addEventListener("keydown", ({ key }) => { if (key === "Escape" && this.tool?.mode) this.cancel(); });
    if (this.links) this.readByKeys();
  }

  /** The template of what can be done about a cell: its map is one of counts, which are read. */
  get links() {
    const id = this.getAttribute("cell-links");
    return id && document.getElementById(id);
  }

  /** With the keyboard the middle of the map is the pointer: arrows move it, Enter opens what is there. */
  readByKeys() {
    const canvas = this.map.getCanvas();
    const middle = () => this.map.project(this.map.getCenter());
    const looked = () => { if (canvas.matches(":focus-visible")) this.hover(middle()); };
    this.toggleAttribute("data-reads", true);
    for (const name of ["focus", "blur"]) canvas.addEventListener(name, () => (name === "focus" ? looked() : this.hover(null)));
    this.map.on("moveend", looked);
    this.map.on("idle", looked);
    canvas.addEventListener("keydown", ({ key }) => { if (key === "Enter") this.choose({ point: middle(), lngLat: this.map.getCenter() }); });
  }

  /** Where the map looks: "longitude,latitude,zoom". */
  get view() {
    const { lng, lat } = this.map.getCenter().wrap();
    return [lng.toFixed(4), lat.toFixed(4), this.map.getZoom().toFixed(2)].map(Number).join(",");
  }

  /** Tell where the map looks now, unless the page itself brought it there. */
  moved({ framed }) {
    const { view } = this;
    if (view === this.stood) return;
    this.stood = view;
    if (!framed) this.dispatchEvent(new CustomEvent("dinamis:move", { bubbles: true, detail: { bbox: this.map.getBounds().toArray().flat(), view } }));
  }

  /** New colours for the same layers, when the reader turns the dark on or off. */
  repaint() {
    this.palette = readPalette(this);
    installPatterns(this.map, this.palette);
    for (const { id, paint } of layers(this.palette, sources(this.named), this.named.mode)) {
      for (const [name, value] of Object.entries(paint)) this.map.setPaintProperty(id, name, value);
    }
  }

  // --- footprints ---

  featuresAt(point) {
    const found = this.map.queryRenderedFeatures(point, { layers: this.clicked });
    const seen = new Set();
    return found.filter(({ source, properties }) => {
      const key = `${source}/${properties.id ?? properties.code}`;
      return !seen.has(key) && seen.add(key);
    });
  }

  hover(point) {
    const [top] = point && !this.tool?.mode ? this.featuresAt(point) : [];
    this.toggleAttribute("data-over", Boolean(top));
    const id = top?.properties.id ?? top?.properties.code ?? null;
    if (this.links) this.say(top ? readingOf(top, this) : "");
    if (String(id) === String(this.lit.lit?.[0] ?? null)) return;
    this.light("lit", id === null ? [] : [id]);
  }

  choose({ point, lngLat }) {
    if (this.tool?.mode) return;
    const features = this.featuresAt(point);
    const ids = features.map(({ properties }) => properties.id ?? properties.code);
    this.light("chosen", ids);
    this.popup?.remove();
    this.dispatchEvent(new CustomEvent("dinamis:select", { bubbles: true, detail: { ids } }));
    if (!ids.length) return;
    showRow(ids[0]);
    this.popup = new Popup({ maxWidth: "300px", focusAfterOpen: true }).setLngLat(lngLat)
      .setDOMContent(popupContent(features, this.getAttribute("item-url"), this, this.links)).addTo(this.map);
    this.popup.on("close", () => this.light("chosen", []));
  }

  /** Light footprints and rows: `name` is "lit" (pointer, focus) or "chosen" (click). Ids come as text from rows, as numbers from tiles. */
  light(name, ids) {
    const both = (list) => list.flatMap((id) => (String(Number(id)) === String(id) ? [Number(id), String(id)] : [id]));
    for (const [source, layer] of [["items", "items"], ["cells", "cells"], ["shapes", undefined]]) {
      if (!this.map.getSource(source)) continue;
      const target = (id) => ({ source, id, ...(layer && { sourceLayer: layer }) });
      for (const id of both(this.lit[name] ?? [])) this.map.setFeatureState(target(id), { [name]: false });
      for (const id of both(ids)) this.map.setFeatureState(target(id), { [name]: true });
    }
    this.lit[name] = ids;
    markRows(ids, name);
  }

  // --- the area asked, or with `several` the areas ---

  /** The areas of the page: each by itself where several may be asked. */
  asked() {
    const json = scriptJson(this.getAttribute("aoi"));
    return this.several ? apart(json) : [asGeometry(json)].filter(Boolean);
  }

  get several() {
    return this.hasAttribute("several");
  }

  /** All of the areas as one geometry, null where there is none. */
  get area() {
    return together(this.areas ?? []);
  }

  set area(geometry) {
    this.areas = geometry ? [geometry] : [];
  }

  /** The list beside the map has changed: draw its areas, tell nobody. */
  redraw(areas) {
    this.tool?.stop();
    this.areas = areas;
    if ("ready" in this.dataset) this.showArea();
    this.say(this.area ? word("sayArea", { km2: km2In(area(this.area)) }) : "");
  }

  showArea() {
    const shown = this.area && !this.tool?.mode ? { type: "Feature", properties: {}, geometry: this.area } : EMPTY;
    this.map.getSource("aoi")?.setData(shown);
    if (this.tools) reflect(this.tools, this.tool?.mode ?? null, { editable: isEditable(this.area), clearable: Boolean(this.area) });
  }

  /** Set the area from outside (a file, a commune, coordinates): drawn, framed, written to the page's field. */
  setArea(geometry, { frame = true } = {}) {
    this.tool?.stop();
    this.area = geometry;
    this.showArea();
    this.publish();
    if (frame && geometry) this.map.fitBounds(extent(geometry), { padding: room(), maxZoom: 13 });
  }

  /** The page asks something else: show its area, and `look` at it ("area"), at a view, or on as before (""). */
  searched(look) {
    this.areas = this.asked();
    if (!("ready" in this.dataset)) return;
    this.popup?.remove();
    this.tool?.stop();
    this.showArea();
    const view = viewOf(look);
    if (view) this.map.jumpTo(view, { framed: true });
    else if (look === "area") this.map.fitBounds(this.firstExtent, { padding: room(), maxZoom: 13 }, { framed: true });
  }

  /** The outlines beside the area have changed on the page. */
  reshape() {
    this.shapes = scriptJson(this.getAttribute("shapes"));
    if ("ready" in this.dataset) this.map.getSource("shapes").setData(this.shapes ?? EMPTY);
  }

  use(name) {
    const actions = {
      zoomIn: () => this.map.zoomIn(), zoomOut: () => this.map.zoomOut(),
      home: () => this.map.fitBounds(this.firstExtent, { padding: room(), maxZoom: 13 }),
      polygon: () => this.begin("polygon"), rectangle: () => this.begin("rectangle"),
      view: () => this.setArea(rectangle(this.map.getBounds().toArray().flat()), { frame: false }),
      edit: () => this.edit(), clear: () => { this.setArea(null); this.say(word("sayCleared")); },
    };
    actions[name]();
  }

  begin(mode) {
    if (this.tool.mode === mode) return this.cancel();
    this.before = this.areas;
    this.say(word(mode === "polygon" ? "sayPolygon" : "sayRectangle"));
    this.map.getCanvas().focus();
    return this.tool.start(mode);
  }

  async edit() {
    if (this.tool.mode === "edit") return this.finish();
    this.before = [];
    if (isEditable(this.area) && (await this.tool.edit(this.area))) this.say(word("sayEdit"));
    return undefined;
  }

  cancel() {
    if (this.tool.mode !== "edit") this.areas = this.before ?? [];
    this.finish();
  }

  finish() {
    this.tool.stop();
    this.showArea();
    this.publish();
  }

  moded(mode) {
    this.toggleAttribute("data-drawing", mode === "polygon" || mode === "rectangle");
    if (mode === null && this.tool?.draw && this.leaving !== true) {
      this.leaving = true;
      this.tool.stop();
      this.leaving = false;
    }
    this.showArea();
  }

  changed(geometry, isFinal) {
    if (!this.tool?.mode) return;
    if (isFinal && geometry) {
      this.areas = [...(this.several ? this.before : []), geometry];
      this.publish();
      this.showArea();
    } else if (geometry && this.tool.mode !== "edit") {
      const size = area(geometry);
      if (size > 0) this.say(word("sayArea", { km2: km2In(size) }), false);
    }
  }

  publish() {
    const field = document.querySelector("[data-aoi-input]");
    if (field && this.getAttribute("draw") !== null) {
      field.value = this.area ? JSON.stringify(collected(this.areas)) : "";
      for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
    }
    this.say(this.area ? word("sayArea", { km2: km2In(area(this.area)) }) : "");
    this.dispatchEvent(new CustomEvent("dinamis:aoi", { bubbles: true, detail: { geometry: this.area, lang: language() } }));
  }

  say(text) {
    if (this.said.textContent !== text) this.said.textContent = text;
  }
}

customElements.define("dinamis-map", DinamisMap);
