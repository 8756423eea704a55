// SPDX-License-Identifier: AGPL-3.0-or-later
// The few words that only scripts say. The language is that of the page; French when it is neither.
const NBSP = "\u00a0";
const WORDS = {
  fr: {
    cancel: "Annuler", confirm: "Confirmer", close: "Fermer", copied: "Copié", copyFailed: "Copie impossible", sure: "Confirmer cette action",
    kilobytes: "ko", megabytes: "Mo", bytes: "octets", filters: "Filtres", working: "En cours…",
    map: "Carte", zoomIn: "Zoom avant", zoomOut: "Zoom arrière", home: "Revenir à l’étendue de départ",
    polygon: "Dessiner un polygone", rectangle: "Dessiner un rectangle", view: "Prendre la vue comme zone", edit: "Modifier la zone",
    clear: "Effacer la zone", tools: "Outils de la carte", zoomTools: "Zoom",
    sayPolygon: "Cliquez chaque sommet, puis le premier pour fermer. Échap annule.",
    sayRectangle: "Cliquez un coin, puis le coin opposé. Échap annule.",
    areas: "Les zones", areaNumber: "Zone {n}\u00a0: {km2}", removeArea: "Retirer", removeAreaNumber: "Retirer la zone {n}", areaRemoved: "Zone {n} retirée.", sayPrice: "Prix en tout\u00a0: {price}",
    notFollowed: "Ce changement n’a pas été pris en compte dans le prix\u00a0: vous êtes peut-être hors ligne, ou votre session est terminée. Ce que vous avez saisi est toujours là.",
    sayEdit: "Déplacez les sommets. Entrée ou un clic hors de la zone termine.", sayCleared: "Zone effacée.", sayArea: "Zone de {km2}",
    noWebgl: "Ce navigateur n’affiche pas la carte (WebGL absent). La liste, les champs de lieu et de coordonnées font la même chose.",
    failed: "La carte ne s’est pas chargée. La page reste utilisable sans elle.",
    seeItem: "Voir l’image", more: "et {n} autres ici", clouds: "nuages {pct}", attribution: "Natural Earth · communes\u00a0: Etalab", sources: "Sources de la carte",
    closely: "Aperçu : les touches + et − agrandissent et réduisent, les flèches déplacent", whole: "1:1, image entière",
    closed: "Détenue, non ouverte pour vous",
    newestOf: "image la plus récente\u00a0: {day}", newestNone: "aucune image", wantedBy: "demandée par {n} organismes",
    brushFrom: "Première année", brushUntil: "Dernière année",
    held: "Téléchargeable", unlock: "Après signature", order: "À commander", none: "Aucune image",
    planned: "prévue", acquired: "acquise", produced: "produite", delivered: "livrée",
    wheel: "Ctrl + molette pour zoomer la carte", wheelMac: "⌘ + molette pour zoomer la carte", fingers: "Deux doigts pour déplacer la carte",
  },
  en: {
    cancel: "Cancel", confirm: "Confirm", close: "Close", copied: "Copied", copyFailed: "Could not copy", sure: "Confirm this action",
    kilobytes: "kB", megabytes: "MB", bytes: "bytes", filters: "Filters", working: "Working…",
    map: "Map", zoomIn: "Zoom in", zoomOut: "Zoom out", home: "Back to the first extent",
    polygon: "Draw a polygon", rectangle: "Draw a rectangle", view: "Take the view as area", edit: "Edit the area",
    clear: "Clear the area", tools: "Map tools", zoomTools: "Zoom",
    sayPolygon: "Click each corner, then the first one to close. Escape cancels.",
    sayRectangle: "Click one corner, then the opposite one. Escape cancels.",
    areas: "The areas", areaNumber: "Area {n}: {km2}", removeArea: "Remove", removeAreaNumber: "Remove area {n}", areaRemoved: "Area {n} removed.", sayPrice: "Price in all: {price}",
    notFollowed: "The price does not follow this change: you may be offline, or your session may be over. What you typed is still here.",
    sayEdit: "Drag the corners. Enter or a click outside the area ends.", sayCleared: "Area cleared.", sayArea: "Area of {km2}",
    noWebgl: "This browser cannot show the map (no WebGL). The list, the place and the coordinates fields do the same.",
    failed: "The map did not load. The page can be used without it.",
    seeItem: "See the image", more: "and {n} more here", clouds: "clouds {pct}", attribution: "Natural Earth · communes: Etalab", sources: "Sources of the map",
    closely: "Quicklook: the keys + and − zoom, arrows move", whole: "1:1, whole picture",
    closed: "Held, not open to you",
    newestOf: "newest image {day}", newestNone: "no image", wantedBy: "wanted by {n} organisations",
    brushFrom: "First year", brushUntil: "Last year",
    held: "Downloadable", unlock: "After signature", order: "Can be ordered", none: "No image yet",
    planned: "planned", acquired: "acquired", produced: "produced", delivered: "delivered",
    wheel: "Ctrl + scroll to zoom the map", wheelMac: "⌘ + scroll to zoom the map", fingers: "Two fingers to move the map",
  },
};

export const language = () => (document.documentElement.lang.startsWith("en") ? "en" : "fr");

/** The word for `key`, with `{name}` replaced. */
export function word(key, values = {}) {
  return Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), WORDS[language()][key]);
}

/** As the pages write numbers and days, not as they are written in America. */
const LOCALES = { fr: "fr", en: "en-GB" };

export const numberIn = (value, decimals = 0) =>
  new Intl.NumberFormat(LOCALES[language()], { maximumFractionDigits: decimals, minimumFractionDigits: decimals }).format(value);

export const percentIn = (value) => (language() === "fr" ? `${numberIn(value)}${NBSP}%` : `${numberIn(value)}%`);

/** An area in m² written in km², as the pages write it. */
export function km2In(squareMetres) {
  const area = squareMetres / 1e6;
  return `${numberIn(area, area >= 100 ? 0 : area >= 1 ? 1 : 2)}${NBSP}km²`;
}

export function dayIn(text) {
  const day = new Date(text);
  return Number.isNaN(day.valueOf()) ? text : new Intl.DateTimeFormat(LOCALES[language()], { dateStyle: "long", timeZone: "UTC" }).format(day);
}

export function sizeIn(bytes) {
  if (bytes < 1000) return `${bytes}${NBSP}${word("bytes")}`;
  return bytes < 1e6 ? `${numberIn(bytes / 1e3)}${NBSP}${word("kilobytes")}` : `${numberIn(bytes / 1e6, 1)}${NBSP}${word("megabytes")}`;
}
