// SPDX-License-Identifier: AGPL-3.0-or-later
// htmx, with Django's CSRF token on what it sends. Forms that htmx enhances also work as plain POST and redirect.
import htmx from "../../vendor/htmx/htmx.mjs";

const token = () => document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)?.[1] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value;

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "GET" && token()) ctx.request.headers["X-CSRFToken"] = token();
});

export default htmx;
