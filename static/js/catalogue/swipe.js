// SPDX-License-Identifier: AGPL-3.0-or-later
// <dinamis-swipe>: two maps of the same place, cut by a slider. The slider is an <input type=range>: arrows, Home, End and
// touch work as everywhere. Without this script the two lists below say the same.
const CLOSE = 7.5;
const MOST = 12;

const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "[]");
const meets = ([west, south, east, north], [w, s, e, n]) => west < e && east > w && south < n && north > s;

/** Lay the pictures of the cells in view on the map, when one looks close enough to see them. */
function layPictures(map, pictures) {
  if (map.getZoom() < CLOSE) return;
  const view = map.getBounds().toArray().flat();
  for (const { url, bounds } of pictures.filter(({ bounds: box }) => meets(box, view)).slice(0, MOST)) {
    if (map.getSource(url)) continue;
    const [west, south, east, north] = bounds;
    map.addSource(url, { type: "image", url, coordinates: [[west, north], [east, north], [east, south], [west, south]] });
    map.addLayer({ id: url, type: "raster", source: url, minzoom: CLOSE - 0.5, paint: { "raster-fade-duration": 0 } }, "graticule10-name");
  }
}

/** Whatever moves one map moves the other, and not back again. */
function tie(one, other) {
  let moving = false;
  const follow = (from, to) => from.on("move", () => {
    if (moving) return;
    moving = true;
    to.jumpTo({ center: from.getCenter(), zoom: from.getZoom() });
    moving = false;
  });
  follow(one, other);
  follow(other, one);
}

class DinamisSwipe extends HTMLElement {
  connectedCallback() {
    this.maps = [...this.querySelectorAll("dinamis-map")];
    this.slider = this.querySelector("input[type=range]");
    this.toggleAttribute("data-live", true);
    this.slider.addEventListener("input", () => this.cut());
    this.addEventListener("dinamis:ready", () => this.begin());
    this.cut();
  }

  begin() {
    if (!this.maps.every(({ dataset }) => "ready" in dataset)) return;
    const [left, right] = this.maps.map(({ map }) => map);
    tie(left, right);
    for (const [map, id] of [[left, "pictures-left"], [right, "pictures-right"]]) {
      const pictures = read(id);
      map.on("moveend", () => layPictures(map, pictures));
      layPictures(map, pictures);
    }
    this.slider.disabled = false;
    this.toggleAttribute("data-ready", true);
  }

  cut() {
    this.style.setProperty("--swipe", `${this.slider.value}%`);
  }
}

customElements.define("dinamis-swipe", DinamisSwipe);
