// SPDX-License-Identifier: AGPL-3.0-or-later
// `data-confirm` on a form or on the button that sends it: the consequence is named in a dialog first.
import { word } from "../words.js";

const agreed = new WeakSet();

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function ask(text, verb) {
  const yes = element("button", { className: "btn btn-act", value: "yes", textContent: verb });
  const no = element("button", { className: "btn btn-quiet", value: "no", textContent: word("cancel"), autofocus: true });
  const title = element("h2", { id: "confirm-title", textContent: word("sure") });
  const form = element("form", { method: "dialog" }, title, element("p", { textContent: text }), element("p", { className: "actions" }, no, yes));
  const dialog = element("dialog", { className: "dialog" }, form);
  dialog.setAttribute("aria-labelledby", "confirm-title");
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

async function hold(event) {
  const { target: form, submitter } = event;
  const text = submitter?.dataset.confirm || form.dataset.confirm;
  if (!text || agreed.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await ask(text, submitter?.textContent.trim() || word("confirm"))) {
    agreed.add(form);
    form.requestSubmit(submitter);
  } else {
    submitter?.focus();
  }
}

export function confirmFirst(scope) {
  scope.addEventListener("submit", hold, { capture: true });
}
