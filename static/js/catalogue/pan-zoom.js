// SPDX-License-Identifier: AGPL-3.0-or-later
// <pan-zoom>: a picture one looks at closely, with buttons, keys (+ − 0 and arrows), wheel and pointer. Without it, a picture.
import { word } from "../words.js";

const MOST = 8;
const STEP = 1.5;
const MOVE = 60;
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function button(name, text, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "map-tool", textContent: text, title: word(name) });
  made.setAttribute("aria-label", word(name));
  made.addEventListener("click", act);
  return made;
}

class PanZoom extends HTMLElement {
  connectedCallback() {
    if (this.picture) return;
    this.picture = this.querySelector("img");
    Object.assign(this, { scale: 1, x: 0, y: 0 });
    this.pane = Object.assign(document.createElement("div"), { className: "pan-zoom-pane", tabIndex: 0 });
    this.pane.setAttribute("role", "group");
    this.pane.setAttribute("aria-label", word("closely"));
    this.picture.replaceWith(this.pane);
    this.pane.append(this.picture);
    this.picture.draggable = false;
    this.tools = Object.assign(document.createElement("div"), { className: "map-group pan-zoom-tools" });
    this.smaller = button("zoomOut", "−", () => this.zoom(1 / STEP));
    this.tools.append(button("zoomIn", "+", () => this.zoom(STEP)), this.smaller, button("whole", "1:1", () => this.reset()));
    this.append(this.tools);
    this.listen();
    this.show();
  }

  listen() {
    this.pane.addEventListener("keydown", (event) => this.typed(event));
    this.pane.addEventListener("dblclick", (event) => this.zoom(STEP, event));
    // A wheel alone scrolls the page; with Ctrl, and with two fingers on a pad, it zooms as everywhere.
    this.pane.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? STEP : 1 / STEP, event);
    }, { passive: false });
    this.pane.addEventListener("pointerdown", ({ pointerId, button: pressed }) => {
      if (this.scale > 1 && !pressed) this.pane.setPointerCapture(pointerId);
    });
    this.pane.addEventListener("pointermove", ({ pointerId, movementX, movementY }) => {
      if (this.pane.hasPointerCapture(pointerId)) this.move(movementX, movementY);
    });
  }

  typed(event) {
    const { key } = event;
    const acts = { "+": () => this.zoom(STEP), "=": () => this.zoom(STEP), "-": () => this.zoom(1 / STEP), 0: () => this.reset() };
    const arrow = this.scale > 1 ? ARROWS[key] : null;
    if (!acts[key] && !arrow) return;
    event.preventDefault();
    if (arrow) this.move(arrow[0] * MOVE, arrow[1] * MOVE);
    else acts[key]();
  }

  /** Zoom by a factor about a point of the window, by default the middle of what is seen. */
  zoom(factor, at = null) {
    const { left, top, width, height } = this.pane.getBoundingClientRect();
    const [px, py] = at ? [at.clientX - left, at.clientY - top] : [width / 2, height / 2];
    const scale = Math.min(MOST, Math.max(1, this.scale * factor));
    this.x = px - ((px - this.x) * scale) / this.scale;
    this.y = py - ((py - this.y) * scale) / this.scale;
    this.scale = scale;
    this.show();
  }

  move(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.show();
  }

  reset() {
    Object.assign(this, { scale: 1, x: 0, y: 0 });
    this.show();
  }

  /** Draw, never with an empty margin beside the picture. */
  show() {
    const { clientWidth: width, clientHeight: height } = this.pane;
    this.x = Math.min(0, Math.max(width * (1 - this.scale), this.x));
    this.y = Math.min(0, Math.max(height * (1 - this.scale), this.y));
    this.picture.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.smaller.disabled = this.scale === 1;
    this.toggleAttribute("data-close", this.scale > 1);
  }
}

customElements.define("pan-zoom", PanZoom);
