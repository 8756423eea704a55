// SPDX-License-Identifier: AGPL-3.0-or-later
// The one module every page loads. It only makes quicker what already works without it.
import { closeMenus } from "./behaviours/menu.js";
import { confirmFirst } from "./behaviours/confirm-dialog.js";
import { basketButtons } from "./behaviours/basket.js";
import { busySubmit } from "./behaviours/busy-submit.js";
import { autosubmit } from "./behaviours/autosubmit.js";
import { copyButtons } from "./behaviours/copy-button.js";
import { dialogs } from "./behaviours/dialogs.js";
import { focusErrors } from "./behaviours/focus-errors.js";
import { defineFileDrop } from "./behaviours/file-drop.js";
import { sheets } from "./behaviours/sheet.js";

const root = document.documentElement;
root.classList.add("js");

// The order matters: a refused confirmation must stop the event before a button shows that it is busy.
confirmFirst(document);
basketButtons(document);
busySubmit(document);
autosubmit(document);
copyButtons(document);
dialogs(document);
closeMenus(document);
focusErrors(document);
sheets(document);
defineFileDrop();

const LONGEST_PAINT = 2000;

/**
 * The list can be read before the megabyte of the map is parsed, which would hold the first picture back: painting takes as many
 * processors as there are. A page in a tab behind others is not painted; it waits LONGEST_PAINT milliseconds.
 */
const painted = () => new Promise((done) => {
  new PerformanceObserver(done).observe({ type: "paint", buffered: true });
  setTimeout(done, LONGEST_PAINT);
});

/** Heavy modules come only to the pages that use them. */
async function loadWhatThePageUses() {
  await painted();
  if (document.querySelector("dinamis-map")) await import("./map/dinamis-map.js");
  if (document.querySelector("[hx-get], [hx-post], [hx-boost]")) await import("./behaviours/htmx.js");
}

loadWhatThePageUses();
