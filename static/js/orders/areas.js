// SPDX-License-Identifier: AGPL-3.0-or-later
// The areas of a request in a list: number and km² of each, and a button that takes it away. Without it, the field with
// their outlines says the same.
import { apart, collected } from "../map/areas.js";
import { area } from "../map/geometry.js";
import { km2In, word } from "../words.js";

const field = document.querySelector("[data-aoi-input]");
const list = Object.assign(document.createElement("ol"), { className: "areas" });
const heard = Object.assign(document.createElement("p"), { className: "visually-hidden" });
let areas = [];
let removing = false;

/** What the field holds, null where it is written in another way than GeoJSON of areas. */
function read() {
  try {
    const found = field.value.trim() ? apart(JSON.parse(field.value)) : [];
    return found.every(({ type, coordinates }) => type.endsWith("Polygon") && coordinates.length) ? found : null;
  } catch {
    return null;
  }
}

function row(geometry, place) {
  const item = document.createElement("li");
  const label = word("areaNumber", { n: place + 1, km2: km2In(area(geometry)) });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-quiet", textContent: word("removeArea") });
  button.setAttribute("aria-label", word("removeAreaNumber", { n: place + 1 }));
  button.addEventListener("click", () => remove(place));
  item.append(Object.assign(document.createElement("span"), { textContent: label }), " ", button);
  return item;
}

function remove(place) {
  const left = areas.filter((_one, other) => other !== place);
  field.value = left.length ? JSON.stringify(collected(left)) : "";
  removing = true;
  for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
  removing = false;
  heard.textContent = word("areaRemoved", { n: place + 1 });
  // The focus stays in the list, or goes where the next area is named.
  (list.querySelectorAll("button")[Math.min(place, left.length - 1)] ?? field).focus();
}

function show(found) {
  areas = found ?? [];
  list.hidden = !areas.length;
  list.replaceChildren(...areas.map(row));
}

if (field) {
  list.setAttribute("aria-label", word("areas"));
  heard.setAttribute("role", "status");
  field.closest(".field").append(list, heard);
  field.addEventListener("change", (event) => {
    const found = read();
    show(found);
    // What the map itself wrote it shows already.
    if (found && (event.isTrusted || removing)) document.querySelector("dinamis-map")?.redraw?.(found);
  });
  show(read());
}
