// SPDX-License-Identifier: AGPL-3.0-or-later
// The catalogue page made quicker: places suggested while one types, areas short enough for an address. All of it
// works without: the form is sent, and the page says which places it found.
import { inAddress } from "./areas.js";
import { brushYears } from "./brush.js";
import { suggestPlaces } from "./places.js";
import { followSearches } from "./visit.js";

const FORM = "[data-search-form]";

/** What a form needs that has just come: with the page, or with the answer to another search. */
function furnish() {
  const form = document.querySelector(FORM);
  if (!form) return;
  const where = form.elements.namedItem("where");
  if (where) suggestPlaces(where, () => form.requestSubmit());
  brushYears(form);
}

// A drawn area is about the same place as before no more, and the list starts again. Caught before the pause of
// `data-autosubmit`, which would send it a second time.
document.addEventListener("change", async (event) => {
  const input = event.target;
  if (!input.matches("[data-aoi-input]") || !input.form?.matches(FORM)) return;
  event.stopPropagation();
  const where = input.form.elements.namedItem("where");
  if (input.value && where) where.value = "";
  const drawn = input.value;
  try {
    const kept = await inAddress(drawn);
    // Somebody who went on drawing meanwhile searches by what they drew last.
    if (input.value !== drawn) return;
    input.value = kept;
    input.form.requestSubmit();
  } catch (refusal) {
    input.value = "";
    document.querySelector("dinamis-map")?.say(refusal.message);
  }
}, true);
document.addEventListener("dinamis:searched", furnish);
followSearches();
furnish();
