// SPDX-License-Identifier: AGPL-3.0-or-later
// <file-drop> around a file input: files can be dropped on it, and it says their names and sizes.
import { sizeIn } from "../words.js";

class FileDrop extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=file]");
    this.said = this.querySelector("output");
    if (!this.input) return;
    for (const name of ["dragenter", "dragover"]) this.addEventListener(name, (event) => this.over(event));
    for (const name of ["dragleave", "drop"]) this.addEventListener(name, () => this.removeAttribute("data-over"));
    this.addEventListener("drop", (event) => this.take(event));
    this.input.addEventListener("change", () => this.say());
  }

  over(event) {
    event.preventDefault();
    this.setAttribute("data-over", "");
  }

  take(event) {
    event.preventDefault();
    const { files } = event.dataTransfer;
    if (!files.length) return;
    this.input.files = files;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  say() {
    if (this.said) this.said.textContent = [...this.input.files].map((file) => `${file.name} · ${sizeIn(file.size)}`).join(", ");
  }
}

export function defineFileDrop() {
  if (!customElements.get("file-drop")) customElements.define("file-drop", FileDrop);
}
