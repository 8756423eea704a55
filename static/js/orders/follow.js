// SPDX-License-Identifier: AGPL-3.0-or-later
// A form that is followed: the server sets what depends on each change. An answer that is older than the form is not
// shown, else it would take back what was chosen while it was under way; the next change asks again. A refusal or a page
// to sign in on is not shown in the place of fields either: what was typed stays, and the form can still be sent.
import "../behaviours/htmx.js";
import { word } from "../words.js";

const form = document.querySelector("[data-follow]");
const said = Object.assign(document.createElement("p"), { className: "meta" });
const heard = Object.assign(document.createElement("p"), { className: "visually-hidden" });
let changes = 0;

for (const line of [said, heard]) {
  line.setAttribute("role", "status");
  document.getElementById("steps").before(line);
}

/** Say that a change was not followed; nothing once one is again. */
function tell(isFollowed) {
  said.textContent = isFollowed ? "" : word("notFollowed");
}

/** What differs from what the page came with: chosen before this module was there, or kept by the browser. */
function touched({ type, options, selectedIndex, checked, defaultChecked, value, defaultValue }) {
  if (options) return selectedIndex !== Math.max([...options].findIndex((one) => one.defaultSelected), 0);
  if (["checkbox", "radio"].includes(type)) return checked !== defaultChecked;
  return !["hidden", "file", "submit"].includes(type) && defaultValue !== undefined && value !== defaultValue;
}

for (const name of ["input", "change"]) form.addEventListener(name, () => { changes += 1; });

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement !== form) return;
  ctx.changes = changes;
  ctx.request.body.delete("area_file");
});

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  // A request that has waited for another says what the answer to that one kept.
  if (ctx.sourceElement === form && form.elements.kept) ctx.request.body.set("kept", form.elements.kept.value);
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement !== form) return;
  const isFollowed = ctx.response.status === 200 && !ctx.response.raw.redirected;
  tell(isFollowed);
  if (!isFollowed) event.preventDefault();
  if (!isFollowed || ctx.changes === changes) return;
  const kept = new DOMParser().parseFromString(ctx.text, "text/html").querySelector("[name=kept]");
  if (kept) form.elements.kept.value = kept.value;
  event.preventDefault();
});

document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (ctx?.sourceElement === form) tell(false);
});

document.addEventListener("htmx:after:swap", () => {
  document.querySelector("dinamis-map")?.reshape?.();
  // The price stands where who listens does not look: another one is told.
  const price = document.querySelector("#costs tfoot td:last-child")?.textContent.trim();
  heard.textContent = price ? word("sayPrice", { price }) : "";
});

function begin() {
  if ([...form.elements].some(touched)) form.dispatchEvent(new Event("change", { bubbles: true }));
}

if (document.readyState === "complete") begin();
else window.addEventListener("load", begin);
