// SPDX-License-Identifier: AGPL-3.0-or-later
// Tiles that are drawn on request: the server draws a few at a time and tells the others to come again (503, Retry-After). MapLibre
// would leave those as holes; here they are asked for again, as often as somebody still looks at their place.
const SCHEME = "again";
const MOST = 6;
const FIRST_WAIT = 1;
const LONGEST_WAIT = 30;
const BUSY = new Set([429, 503]);

/** Seconds to wait before the next try: what the server said, else longer each time; a part of chance, so that tiles do not come all at once. */
export function waitFor(answer, tries) {
  const said = Number(answer.headers.get("Retry-After") ?? NaN);
  const seconds = said > 0 ? said : FIRST_WAIT * 2 ** tries;
  return Math.min(seconds, LONGEST_WAIT) * (1 + Math.random() / 2);
}

/** Resolves after `seconds`; rejects at once when nobody wants the tile any more. */
function pause(seconds, signal) {
  return new Promise((done, stop) => {
    const timer = setTimeout(done, seconds * 1000);
    signal.addEventListener("abort", () => { clearTimeout(timer); stop(signal.reason); }, { once: true });
  });
}

/** The bytes of a tile, asked for again while the server is busy. Rejects with `status` when it refuses, or stays busy. */
export async function fetchAgain(address, signal) {
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(address, { signal });
    if (answer.ok) return answer.arrayBuffer();
    if (!BUSY.has(answer.status) || tries >= MOST) throw Object.assign(new Error(`${answer.status} ${address}`), { status: answer.status });
    await pause(waitFor(answer, tries), signal);
  }
}

/** Teach MapLibre the scheme. Returns what makes an address of tiles one of these. */
export function askAgain(addProtocol) {
  addProtocol(SCHEME, async ({ url }, { signal }) => ({ data: await fetchAgain(url.slice(SCHEME.length + 3), signal) }));
  return (template) => `${SCHEME}://${template}`;
}
