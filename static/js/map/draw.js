// SPDX-License-Identifier: AGPL-3.0-or-later
// Drawing and editing one area. Terra Draw (45 kB) is fetched when the first tool is taken, not before.
const MODULES = "../../vendor/terra-draw/";
const DECIMALS = 6;

const corners = { midpoints: true, draggable: true, deletable: true };

function modes({ TerraDrawPolygonMode, TerraDrawRectangleMode, TerraDrawSelectMode, ValidateNotSelfIntersecting }, colour, light) {
  const drawn = {
    fillColor: colour, fillOpacity: 0.12, outlineColor: colour, outlineWidth: 3, closingPointColor: colour,
    closingPointOutlineColor: light, closingPointWidth: 7, closingPointOutlineWidth: 2,
  };
  const plain = ({ type, geometry }, context) => (context?.updateType === "finish" ? ValidateNotSelfIntersecting({ type, geometry, properties: {} }) : { valid: true });
  const picked = {
    selectedPolygonColor: colour, selectedPolygonFillOpacity: 0.12, selectedPolygonOutlineColor: colour, selectedPolygonOutlineWidth: 3,
    selectionPointColor: light, selectionPointOutlineColor: colour, selectionPointWidth: 7, selectionPointOutlineWidth: 2.5,
    midPointColor: colour, midPointOutlineColor: light, midPointWidth: 4, midPointOutlineWidth: 1.5,
  };
  const flags = { feature: { draggable: true, coordinates: corners } };
  return [
    new TerraDrawPolygonMode({ styles: drawn, validation: plain }),
    new TerraDrawRectangleMode({ styles: drawn }),
    new TerraDrawSelectMode({ styles: picked, flags: { polygon: flags, rectangle: { feature: { draggable: true, coordinates: { ...corners, midpoints: false, deletable: false, resizable: "opposite" } } } } }),
  ];
}

const rounded = (list) => (typeof list === "number" ? Number(list.toFixed(DECIMALS)) : list.map(rounded));

export class AreaTool {
  /** `onChange(geometry | null, isFinal)` is told of each step; `colours` = {line, light}. */
  constructor(map, colours, onChange, onMode) {
    Object.assign(this, { map, colours, onChange, onMode, draw: null, mode: null });
  }

  async load() {
    if (this.draw) return;
    const [terra, { TerraDrawMapLibreGLAdapter }] = await Promise.all([
      import(`${MODULES}terra-draw.mjs`), import(`${MODULES}terra-draw-maplibre-gl-adapter.mjs`),
    ]);
    const adapter = new TerraDrawMapLibreGLAdapter({ map: this.map, coordinatePrecision: DECIMALS });
    this.draw = new terra.TerraDraw({ adapter, modes: modes(terra, this.colours.line, this.colours.light) });
    this.draw.start();
    this.draw.on("finish", (id, context) => this.finished(id, context));
    this.draw.on("change", (_ids, kind) => { if (kind !== "styling") this.tell(false); });
    this.draw.on("deselect", () => this.enter(null));
  }

  polygons() {
    return this.draw ? this.draw.getSnapshot().filter((f) => f.geometry.type === "Polygon" && ["polygon", "rectangle"].includes(f.properties.mode)) : [];
  }

  geometry() {
    const [found] = this.polygons();
    return found ? { type: "Polygon", coordinates: rounded(found.geometry.coordinates) } : null;
  }

  tell(isFinal) {
    this.onChange(this.geometry(), isFinal);
  }

  enter(mode) {
    this.mode = mode;
    this.onMode(mode);
  }

  /** Start anew with a mode: polygon or rectangle. */
  async start(mode) {
    await this.load();
    this.draw.clear();
    this.draw.setMode(mode);
    this.enter(mode);
  }

  finished(id, { action } = {}) {
    if (action === "draw") {
      this.draw.setMode("select");
      this.draw.selectFeature(id);
      this.enter("edit");
    }
    this.tell(true);
  }

  /** Edit a Polygon that came from elsewhere (the page, a former drawing). */
  async edit(geometry) {
    await this.load();
    if (!this.polygons().length) {
      const [result] = this.draw.addFeatures([{ type: "Feature", properties: { mode: "polygon" }, geometry: { type: "Polygon", coordinates: [rounded(geometry.coordinates[0])] } }]);
      if (!result?.valid) return false;
    }
    this.draw.setMode("select");
    this.draw.selectFeature(this.polygons()[0].id);
    this.enter("edit");
    return true;
  }

  /** Leave the tool; what is drawn stays for the static outline to show. */
  stop() {
    this.draw?.clear();
    if (this.draw?.enabled) this.draw.setMode("static");
    this.enter(null);
  }
}
