// SPDX-License-Identifier: AGPL-3.0-or-later
// Menus are <details data-closes>: Escape, a click elsewhere and leaving with Tab close them.
const open = (scope) => scope.querySelectorAll("details[data-closes][open]");

export function closeMenus(scope) {
  scope.addEventListener("click", ({ target }) => {
    for (const menu of open(scope)) if (!menu.contains(target)) menu.open = false;
  });
  scope.addEventListener("focusin", ({ target }) => {
    for (const menu of open(scope)) if (!menu.contains(target)) menu.open = false;
  });
  scope.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    for (const menu of open(scope)) {
      const held = menu.contains(scope.activeElement);
      menu.open = false;
      if (held) menu.querySelector("summary").focus();
    }
  });
}
