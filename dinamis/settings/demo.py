# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demonstration: invented people, a mailbox page, the provider simulator. Never used in production."""

from dinamis.settings import env
from dinamis.settings.base import *
from dinamis.settings.base import DINAMIS, INSTALLED_APPS, PROVIDERS, SITE_URL

INSTALLED_APPS = [*INSTALLED_APPS, "dinamis.demo"]
EMAIL_BACKEND = "dinamis.demo.mailbox.DemoMailboxBackend"
DINAMIS = {
    **DINAMIS,
    "CLOCK_SETTABLE": True,
    "PROVIDER_POLL_SECONDS": env.integer("PROVIDER_POLL_SECONDS", 2),
    # A demonstration has no scanner of its own: documents are shown as not scanned, and open.
    "OPEN_UNSCANNED_EVIDENCE": env.flag("OPEN_UNSCANNED_EVIDENCE", default=True),
}
PROVIDERS = {
    **PROVIDERS,
    "oneatlas": {
        **PROVIDERS["oneatlas"],
        "order_url": env.text("SIMULATOR_URL", f"{SITE_URL}/simulator"),
        "auth_url": env.text("SIMULATOR_URL", f"{SITE_URL}/simulator"),
        "search_url": env.text("SIMULATOR_URL", f"{SITE_URL}/simulator"),
        "api_key": env.text("SIMULATOR_API_KEY", "demo-key"),
    },
}
# A class of newcomers shares one address in a demonstration; the limits would lock them all out.
ACCOUNT_RATE_LIMITS = {"login": "1000/m/ip", "login_failed": "100/m/ip", "signup": "100/m/ip"}
MFA_RATE_LIMITS = {"webauthn_login": "100/m/ip"}
