// SPDX-License-Identifier: AGPL-3.0-or-later
// The page that compares an area with what is there, made quicker: places suggested while one types, and the answer as
// soon as the area is drawn. All of it works without: the form is sent.
import { inAddress } from "../catalogue/areas.js";
import { suggestPlaces } from "../catalogue/places.js";

const form = document.querySelector("[data-check-form]");
const where = form?.elements.namedItem("where");

if (where) suggestPlaces(where, () => {
  forget("aoi");
  form.requestSubmit();
});

/** An area that is named in one way is about no other place any more. */
function forget(...names) {
  for (const name of names) {
    const field = form.elements.namedItem(name);
    if (field) field.value = "";
  }
}

document.addEventListener("change", async ({ target }) => {
  if (!target.matches("[data-aoi-input]") || target.form !== form || !target.value) return;
  const drawn = target.value;
  try {
    const kept = await inAddress(drawn);
    // Somebody who went on drawing meanwhile is answered for what they drew last.
    if (target.value !== drawn) return;
    target.value = kept;
    forget("where", "place");
    form.requestSubmit();
  } catch (refusal) {
    target.value = "";
    document.querySelector("dinamis-map")?.say(refusal.message);
  }
});
