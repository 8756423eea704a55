// SPDX-License-Identifier: AGPL-3.0-or-later
// `data-autosubmit` on a form of filters: a changed field sends it. Empty fields stay out of the address.
const PAUSE = 350;

export function autosubmit(scope) {
  let waiting;
  const send = (form) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => form.requestSubmit(), PAUSE);
  };
  scope.addEventListener("change", ({ target }) => {
    const form = target.form?.closest("[data-autosubmit]");
    if (form && target.type !== "search" && !("noautosubmit" in target.dataset)) send(form);
  });
  scope.addEventListener("formdata", ({ target, formData }) => {
    if (!target.matches("[data-autosubmit]")) return;
    const kept = [...formData].filter(([, value]) => value !== "");
    for (const name of new Set([...formData.keys()])) formData.delete(name);
    for (const [name, value] of kept) formData.append(name, value);
  });
}
