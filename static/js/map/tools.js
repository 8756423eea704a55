// SPDX-License-Identifier: AGPL-3.0-or-later
// The buttons on the map. Real buttons in the tab order: whoever cannot point can pan with the arrows, zoom, and take the view.
import { word } from "../words.js";

const SPRITE = new URL("../../img/icons.svg", import.meta.url).href;
const SVG = "http://www.w3.org/2000/svg";

function icon(name) {
  const [svg, use] = [document.createElementNS(SVG, "svg"), document.createElementNS(SVG, "use")];
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

function tool({ name, drawing, action, toggle }) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "map-tool", title: word(name) });
  button.dataset.tool = name;
  button.setAttribute("aria-label", word(name));
  if (toggle) button.setAttribute("aria-pressed", "false");
  button.append(icon(drawing));
  button.addEventListener("click", action);
  return button;
}

function group(label, tools) {
  const box = document.createElement("div");
  box.className = "map-group";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", label);
  box.append(...tools.map(tool));
  return box;
}

/** The toolbar: zoom always; drawing tools when `kinds` names them. `act(name)` is called with the tool's name. */
export function toolbar(kinds, act) {
  const of = (name, drawing, toggle = false) => ({ name, drawing, toggle, action: () => act(name) });
  const box = document.createElement("div");
  box.className = "map-tools";
  box.append(group(word("zoomTools"), [of("zoomIn", "plus"), of("zoomOut", "minus"), of("home", "target")]));
  if (kinds.length) {
    const shapes = kinds.filter((kind) => ["polygon", "rectangle"].includes(kind)).map((kind) => of(kind, kind, true));
    box.append(group(word("tools"), [...shapes, of("view", "footprint"), of("edit", "edit", true), of("clear", "trash")]));
  }
  return box;
}

/** Press the button of the mode in use; offer edit and clear only when there is an area. */
export function reflect(box, mode, { editable, clearable }) {
  for (const button of box.querySelectorAll("[aria-pressed]")) button.setAttribute("aria-pressed", String(button.dataset.tool === mode));
  for (const [name, possible] of [["edit", editable], ["clear", clearable]]) {
    const button = box.querySelector(`[data-tool=${name}]`);
    if (button) button.disabled = !possible;
  }
}
