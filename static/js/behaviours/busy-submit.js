// SPDX-License-Identifier: AGPL-3.0-or-later
// A form already on its way is not sent again, and its button says so. Coming back by the history wakes it up.
const FORGET_AFTER = 20_000;

function rest(button, label) {
  button.removeAttribute("aria-busy");
  const words = button.querySelector("span") ?? button;
  if (label) words.textContent = label;
}

function busy(form, button) {
  form.dataset.sending = "";
  if (!button) return;
  const words = button.querySelector("span") ?? button;
  const before = words.textContent;
  button.setAttribute("aria-busy", "true");
  if (button.dataset.busyLabel) words.textContent = button.dataset.busyLabel;
  const wake = () => {
    delete form.dataset.sending;
    rest(button, before);
  };
  window.addEventListener("pageshow", wake, { once: true });
  setTimeout(wake, FORGET_AFTER);
}

export function busySubmit(scope) {
  scope.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (form.method === "dialog" || form.method === "get" || event.defaultPrevented) return;
    if ("sending" in form.dataset) event.preventDefault();
    // After this turn, so that the name and value of the button still leave with the form.
    else setTimeout(() => busy(form, submitter));
  });
}
