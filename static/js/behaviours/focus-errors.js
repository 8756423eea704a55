// SPDX-License-Identifier: AGPL-3.0-or-later
// After a refused form, the reader starts at the summary of what is wrong, and its links lead into the fields.
export function focusErrors(scope) {
  scope.querySelector("[data-focus]")?.focus();
  scope.addEventListener("click", ({ target }) => {
    const link = target.closest?.(".error-summary a[href^='#']");
    const field = link && scope.getElementById(link.hash.slice(1));
    const control = field?.matches("input, select, textarea") ? field : field?.querySelector("input, select, textarea");
    if (control) setTimeout(() => control.focus());
  });
}
