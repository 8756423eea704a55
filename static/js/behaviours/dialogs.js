// SPDX-License-Identifier: AGPL-3.0-or-later
// `data-opens="id"` opens the <dialog> of that id; the focus comes back to the button by the browser's own doing.
export function dialogs(scope) {
  scope.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-opens]");
    if (button) document.getElementById(button.dataset.opens)?.showModal();
    else if (target.matches?.("dialog[open]")) target.close();
  });
}
