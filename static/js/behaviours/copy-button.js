// SPDX-License-Identifier: AGPL-3.0-or-later
// `data-copy="#id"` copies the text or value of an element, `data-copy-text` the words given. The button says it did.
import { word } from "../words.js";

const SAID_FOR = 1600;

function textFor(button) {
  if (button.dataset.copyText) return button.dataset.copyText;
  const source = document.querySelector(button.dataset.copy);
  return (source?.value ?? source?.textContent ?? "").trim();
}

function say(button, text) {
  const words = button.querySelector("span") ?? button;
  const before = words.textContent;
  button.setAttribute("aria-live", "polite");
  words.textContent = text;
  setTimeout(() => { words.textContent = before; }, SAID_FOR);
}

export function copyButtons(scope) {
  scope.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-copy], [data-copy-text]");
    if (!button) return;
    const done = await navigator.clipboard?.writeText(textFor(button)).then(() => true, () => false);
    say(button, word(done ? "copied" : "copyFailed"));
  });
}
