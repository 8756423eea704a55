// SPDX-License-Identifier: AGPL-3.0-or-later
// Putting an image aside without leaving the page: a button of `form[data-basket]` turns into its opposite, `[data-basket-number]`
// says how many there are. A refusal, or no answer, sends the form as it stands: the page then says why.
async function change(form, button) {
  const body = new FormData(form, button);
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  const { detail, number } = await answer.json();
  button.name = button.name === "add" ? "remove" : "add";
  button.title = button.dataset[button.name];
  button.querySelector("span").textContent = button.title;
  for (const place of document.querySelectorAll("[data-basket-number]")) place.textContent = number;
  const said = document.querySelector("[data-said]");
  if (said) said.textContent = detail;
}

export function basketButtons(scope) {
  // Before the form is taken for one that leaves the page (busy-submit.js).
  scope.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (!form.matches("[data-basket]") || !submitter || "plain" in form.dataset) return;
    event.preventDefault();
    if (submitter.disabled || submitter.hasAttribute("aria-busy")) return;
    submitter.setAttribute("aria-busy", "true");
    change(form, submitter).catch(() => {
      form.dataset.plain = "";
      form.requestSubmit(submitter);
    }).finally(() => submitter.removeAttribute("aria-busy"));
  }, true);
}
