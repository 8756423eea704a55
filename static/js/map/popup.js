// SPDX-License-Identifier: AGPL-3.0-or-later
// What stands under a click: one line per image, its state in a word, the way to its page.
import { dayIn, percentIn, word } from "../words.js";
import { cellEntry } from "./cells.js";

const MOST = 6;

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function title({ properties }, template) {
  const words = [properties.title ?? properties.collection ?? properties.code ?? "", properties.date ? dayIn(properties.date) : ""].filter(Boolean).join(" · ");
  if (!template || properties.id === undefined) return element("strong", "", words);
  const link = element("a", "", words || word("seeItem"));
  link.href = template.replace("{id}", encodeURIComponent(properties.id));
  return link;
}

function line(feature, template) {
  const { state = "none", cloud } = feature.properties;
  // Of a cell nobody has an image; an image that is not open to the reader is held all the same.
  const none = feature.source === "cells" ? "none" : "closed";
  const known = ["held", "unlock", "order", "none"].includes(state) ? state : "none";
  const parts = [title(feature, template), element("span", `badge badge-${known}`, feature.properties.word ?? word(known === "none" ? none : known))];
  if (cloud !== undefined && cloud !== null && cloud !== "") parts.splice(1, 0, element("span", "meta", word("clouds", { pct: percentIn(cloud) })));
  const { status } = feature.properties;
  if (["planned", "acquired", "produced", "delivered"].includes(status)) parts.splice(1, 0, element("span", "meta", word(status)));
  return element("li", "", ...parts);
}

/** The list of images as an element. `template` is an address holding `{id}`. Cells that are counted say their count. */
export function popupContent(features, template, map, links) {
  const counted = ({ source }) => source === "cells" && map.hasAttribute("cell-links");
  const lines = features.slice(0, MOST).map((feature) => (counted(feature) ? cellEntry(feature, map, links) : line(feature, template)));
  if (features.length > MOST) lines.push(element("li", "meta", word("more", { n: features.length - MOST })));
  return element("ul", "map-pop", ...lines);
}
