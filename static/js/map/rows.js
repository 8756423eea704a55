// SPDX-License-Identifier: AGPL-3.0-or-later
// The list and the map are two views of one thing: a row lights its footprint, a footprint its row.
const ROW = "[data-item-id]";

/** Follow pointer and focus over rows, also those that come later. `lit(id | null)` is told of each change. Returns how to stop. */
export function followRows(lit) {
  const stop = new AbortController();
  const enter = ({ target }) => {
    const row = target.closest?.(ROW);
    if (row) lit(row.dataset.itemId);
  };
  const leave = ({ target, relatedTarget }) => {
    const row = target.closest?.(ROW);
    if (row && !row.contains(relatedTarget)) lit(null);
  };
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, enter, { signal: stop.signal });
  for (const name of ["pointerout", "focusout"]) document.addEventListener(name, leave, { signal: stop.signal });
  return () => stop.abort();
}

/** Mark the rows of `ids` with a data attribute ("lit" or "chosen") and no other row. */
export function markRows(ids, name) {
  const wanted = new Set(ids.map(String));
  for (const row of document.querySelectorAll(ROW)) row.toggleAttribute(`data-${name}`, wanted.has(row.dataset.itemId));
}

export function showRow(id) {
  document.querySelector(`[data-item-id="${CSS.escape(String(id))}"]`)?.scrollIntoView({ block: "nearest" });
}
