// SPDX-License-Identifier: AGPL-3.0-or-later
// A text field that suggests places: the ARIA combobox with a list, arrows, Enter and Escape.
const PAUSE = 150;

function listFor(input) {
  const list = Object.assign(document.createElement("ul"), { id: `${input.id}-places`, className: "suggestions", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels?.[0]?.textContent ?? "");
  input.after(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    input.setAttribute(name, value);
  }
  return list;
}

function option(list, place, index) {
  const made = Object.assign(document.createElement("li"), { id: `${list.id}-${index}` });
  const kind = Object.assign(document.createElement("span"), { className: "meta", textContent: place.kind_name });
  made.append(`${place.label} `, kind);
  made.setAttribute("role", "option");
  made.dataset.label = place.label;
  return made;
}

/** Suggest places under `input`; `chosen()` is called once its value is the label of one. */
export function suggestPlaces(input, chosen) {
  const list = listFor(input);
  let waiting;
  let asked = 0;
  let active = -1;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    const options = [...list.children];
    active = options.length ? (index + options.length) % options.length : -1;
    options.forEach((one, position) => one.setAttribute("aria-selected", String(position === active)));
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", options[active].id);
      options[active].scrollIntoView({ block: "nearest" });
    }
  };
  const take = (one) => {
    input.value = one.dataset.label;
    close();
    chosen();
  };
  const show = (places) => {
    list.replaceChildren(...places.map((place, index) => option(list, place, index)));
    list.hidden = !places.length;
    active = -1;
    input.setAttribute("aria-expanded", String(places.length > 0));
  };
  const ask = async () => {
    const turn = ++asked;
    const text = input.value.trim();
    if (text.length < 2 || /^[-+\d]/.test(text)) return close();
    try {
      const answer = await fetch(`${input.dataset.placesUrl}?q=${encodeURIComponent(text)}`, { headers: { Accept: "application/json" } });
      const { places } = await answer.json();
      if (turn === asked && document.activeElement === input) show(places);
    } catch {
      close();
    }
    return undefined;
  };

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      take(list.children[active]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  });
  input.addEventListener("blur", close);
  // Before the blur that would close the list under the pointer.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const one = event.target.closest("[role=option]");
    if (one) take(one);
  });
}
