// SPDX-License-Identifier: AGPL-3.0-or-later
// Questions asked to a page once it is drawn; an object of functions, evaluated by tests/e2e/looking.py.
({
  /** Every text a reader meets. One whose language is named differently from the page's is not the page's own. */
  texts() {
    const found = new Set([document.title.replace(" · DINAMIS", "")]);
    const own = (element) => element.closest("[lang]")?.lang === document.documentElement.lang;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { parentElement: parent, data } = walker.currentNode;
      const shown = !["SCRIPT", "STYLE", "TEMPLATE"].includes(parent.tagName) && parent.checkVisibility();
      if (shown && own(parent)) found.add(data);
    }
    for (const name of ["aria-label", "placeholder", "title", "alt"]) {
      for (const element of document.querySelectorAll(`[${name}]`)) if (own(element)) found.add(element.getAttribute(name));
    }
    return [...found].map((text) => text.replace(/\s+/g, " ").trim()).filter(Boolean);
  },

  /** What makes the page wider than the window: elements that stick out and that nothing around them scrolls or cuts. */
  overflow() {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const held = (element) => element && element !== document.body
      && (/auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX) || held(element.parentElement));
    const out = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1 && !held(e));
    return [`${document.documentElement.scrollWidth} > ${width}`, ...out.slice(0, 5).map((e) => `${e.tagName}.${e.className}`)];
  },

  /** Buttons, links and fields of which a clipping box cuts off the right. */
  cut() {
    const clips = (element) => element && (/hidden|clip/.test(getComputedStyle(element).overflowX) ? element : clips(element.parentElement));
    return [...document.querySelectorAll("button, a, input, select, textarea")].filter((element) => {
      const [box, frame] = [element.getBoundingClientRect(), clips(element.parentElement)?.getBoundingClientRect()];
      return frame && frame.width > 1 && box.width > 1 && element.checkVisibility() && box.right > frame.right + 1;
    }).map((element) => element.outerHTML.slice(0, 90));
  },

  /** What axe calls serious or critical. */
  async barriers() {
    const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await axe.run(document, { resultTypes: ["violations"], runOnly: rules });
    const told = ({ target, any, all, none }) => `${target} ${(any[0] ?? all[0] ?? none[0])?.message ?? ""}`;
    const grave = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    return grave.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(told).join(" | ")}`);
  },
})
