// SPDX-License-Identifier: AGPL-3.0-or-later
// Ties a button to the ceremony of a security key (allauth's webauthn.js, loaded before): data-security-key says which.
const button = document.querySelector("[data-security-key]");
const trouble = document.querySelector("[data-security-key-trouble]");

// A person who closes the browser's window, or a key the site does not know: words on the page, not in the console.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  if (trouble) trouble.hidden = false;
});

if (button) {
  const { securityKey: way, credential } = button.dataset;
  const ids = { credential, data: "js_data", passwordless: "id_passwordless", [way]: button.id };
  if (!document.getElementById(ids.passwordless)) delete ids.passwordless;
  window.allauth.webauthn.forms[`${way}Form`]({ ids });
  button.hidden = false;
}
