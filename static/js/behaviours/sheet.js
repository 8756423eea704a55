// SPDX-License-Identifier: AGPL-3.0-or-later
// The filters are open on a desk and folded on a phone, where the list comes as a sheet under the map.
const WIDE = window.matchMedia("(width > 760px)");

export function sheets(scope) {
  const sides = [...scope.querySelectorAll("details[data-open-on='desktop']")];
  if (!sides.length) return;
  const apply = () => { for (const side of sides) side.open = WIDE.matches; };
  if (!WIDE.matches) apply();
  WIDE.addEventListener("change", apply);
}
