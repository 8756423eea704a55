// SPDX-License-Identifier: AGPL-3.0-or-later
// Another search without another page: answer, filters and list are exchanged, the map stays and gets new tiles, the
// history keeps each step. Without this module every search is a page of its own at the same address.
const FORM = "[data-search-form]";
const RESULTS = "[data-results]";
const AREA = "search-area";
/** What a search is about on the ground: when it changes, the map goes there and forgets where it was. */
const GROUND = ["aoi", "where", "place", "bbox"];

let turn = null;
let shown = here();

function here() {
  return window.location.pathname + window.location.search;
}

/** The query of a form as it would be sent: listeners of `formdata` leave out what is empty. */
const asked = (form) => new URLSearchParams(new FormData(form)).toString();

/** Whether this page is at the address of its form: a refused upload is shown at another one, and is left by a load. */
const isHome = () => new URL(document.querySelector(FORM).action).pathname === window.location.pathname;

const ground = (address) => GROUND.map((name) => new URL(address, window.location.href).searchParams.get(name) ?? "").join("|");

async function fetched(address, signal) {
  const answer = await fetch(address, { signal, headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** Put an element of the new page in the place of ours; folds that were opened stay open. */
function exchange(page, selector) {
  const [ours, theirs] = [document.querySelector(selector), page.querySelector(selector)];
  for (const fold of ours.querySelectorAll("details[id]")) theirs.querySelector(`#${fold.id}`)?.toggleAttribute("open", fold.open);
  ours.replaceWith(document.adoptNode(theirs));
}

/** `look`: "area" frames what the search is about, a view ("longitude,latitude,zoom") goes back there, "" stays. */
function showOnMap(page, look) {
  const [map, next] = [document.querySelector("dinamis-map"), page.querySelector("dinamis-map")];
  if (!map || !next) return;
  const [ours, theirs] = [document.getElementById(AREA), page.getElementById(AREA)];
  ours?.remove();
  if (theirs) map.before(document.adoptNode(theirs));
  for (const name of ["bounds", "view", "src-items"]) {
    if (next.hasAttribute(name)) map.setAttribute(name, next.getAttribute(name));
    else map.removeAttribute(name);
  }
  map.searched?.(look);
}

function tell(address) {
  const said = document.querySelector("[data-said]");
  if (said) said.textContent = document.getElementById("answer-sentence")?.textContent ?? "";
  // The language switch and the upload come back to where the reader is.
  for (const field of document.querySelectorAll("form[method=post] input[name=next]")) field.value = address;
  for (const field of document.querySelectorAll("form[method=post] input[name=query]")) field.value = new URL(address, window.location.href).search.slice(1);
}

function show(page, address, before) {
  const focused = document.activeElement?.id;
  const past = before === null && new URL(address, window.location.href).searchParams.get("view");
  const moved = ground(address) !== ground(shown);
  exchange(page, RESULTS);
  // Somebody who went on choosing meanwhile keeps what they chose: their next search is on its way.
  const form = document.querySelector(FORM);
  if (before === null || asked(form) === before) exchange(page, FORM);
  showOnMap(page, past || (moved ? "area" : ""));
  shown = address;
  document.dispatchEvent(new CustomEvent("dinamis:searched"));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  tell(address);
}

/** Go to another search of this page. `push` writes a step of the history; `top` shows the list from its start. */
async function visit(target, { push = true, top = false } = {}) {
  const url = new URL(target, window.location.href);
  if (push && ground(url.href) !== ground(shown)) url.searchParams.delete("view");
  const address = url.pathname + url.search;
  turn?.abort();
  turn = new AbortController();
  const { signal } = turn;
  const form = document.querySelector(FORM);
  const before = push ? asked(form) : null;
  document.querySelector(RESULTS).setAttribute("aria-busy", "true");
  try {
    const page = await fetched(address, signal);
    if (signal.aborted) return;
    if (push) window.history.pushState(null, "", address);
    show(page, address, before);
  } catch (error) {
    if (!signal.aborted) window.location.assign(address);
    return;
  }
  if (top) {
    const results = document.querySelector(RESULTS);
    results.focus({ preventScroll: true });
    if (results.getBoundingClientRect().top < 0) results.scrollIntoView();
  }
}

/** Keep where the map looks in the address, in the form and for the next search, without a step of the history. */
function keepView(view) {
  if (!isHome()) return;
  const url = new URL(window.location.href);
  url.searchParams.set("view", view);
  // A comma need not be escaped, and an address that people send to each other is easier to read so.
  const address = `${url.pathname}${url.search.replace(/(view=[^&]*)/, (part) => part.replaceAll("%2C", ","))}`;
  window.history.replaceState(null, "", address);
  shown = address;
  const field = document.querySelector("[data-view-input]");
  if (field) field.value = view;
}

const isAnotherSearch = (link) => link && !link.target && link.origin === window.location.origin && link.pathname === window.location.pathname && link.search !== window.location.search;

export function followSearches() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(FORM) || !isHome()) return;
    event.preventDefault();
    visit(`?${asked(event.target)}`);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("main a[href]");
    if (!isHome() || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || !isAnotherSearch(link)) return;
    event.preventDefault();
    const url = new URL(link.href);
    const view = new URL(window.location.href).searchParams.get("view");
    if (view) url.searchParams.set("view", view);
    visit(url.href, { top: link.matches("[rel=next], [rel=prev]") });
  });
  window.addEventListener("popstate", () => {
    if (here() !== shown) visit(here(), { push: false });
  });
  document.addEventListener("dinamis:move", ({ detail }) => keepView(detail.view));
}
