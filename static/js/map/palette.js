// SPDX-License-Identifier: AGPL-3.0-or-later
// The map has no colours of its own: it reads the tokens, light or dark, and draws the patterns of the states from them.
const NAMES = [
  "held", "unlock", "order", "none", "action", "surface", "ink", "brand", "map-sea", "map-land", "map-coast", "map-line",
  "map-line-2", "map-label", "map-halo", "map-graticule",
  "class-0", "class-1", "class-2", "class-3", "class-4", "class-5",
];
const RATIO = 2;

export function readPalette(element) {
  const style = getComputedStyle(element);
  const named = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  return { ...named, wait: named.brand };
}

function tile(size, draw) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  draw(context, size);
  return context.getImageData(0, 0, size, size);
}

/** Slanted strokes: waiting for a signature. */
const hatch = (colour) => tile(20, (context, size) => {
  Object.assign(context, { strokeStyle: colour, lineWidth: 2.5, globalAlpha: 0.75 });
  for (const shift of [-size, 0, size]) {
    context.beginPath();
    context.moveTo(shift, size);
    context.lineTo(shift + size, 0);
    context.stroke();
  }
});

/** A grid of points: can be ordered. */
const dots = (colour) => tile(16, (context, size) => {
  Object.assign(context, { fillStyle: colour, globalAlpha: 0.7 });
  context.fillRect(size / 2 - 1.5, size / 2 - 1.5, 3, 3);
});

export function patterns(palette) {
  return { "pattern-unlock": hatch(palette.unlock), "pattern-order": dots(palette.order), "pattern-wait": hatch(palette.wait), "pattern-produced": hatch(palette.brand), "pattern-acquired": dots(palette.brand) };
}

/** Put the patterns on the map, or replace them when the palette has changed. */
export function installPatterns(map, palette) {
  for (const [name, image] of Object.entries(patterns(palette))) {
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, image, { pixelRatio: RATIO });
  }
}
