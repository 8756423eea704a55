# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the demonstration can be reached: what var/demo.json says."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import Resolver404, resolve

from dinamis.demo import api_keys, people, second_factors


def site_url() -> str:
    """The address of the site, without a slash at its end."""
    return settings.SITE_URL.rstrip("/")


def simulator_url() -> str:
    """The address people open the provider simulator at."""
    return os.environ.get("SIMULATOR_PUBLIC_URL", f"{site_url()}/simulator").rstrip("/")


def served(path: str) -> str | None:
    """The absolute address of `path` when this site serves it today, else None.

    STAC, partner API and signing get their address in demo.json on the day their URL exists, without a change here.
    """
    try:
        resolve(path)
    except Resolver404:
        return None
    return f"{site_url()}{path}"


def stac_root_url() -> str | None:
    """The STAC API at the root of a host of its own: there as soon as the site serves /stac/."""
    root = os.environ.get("STAC_ROOT_URL", "").rstrip("/")
    return root or None if served("/stac/") else None


def demo_file() -> Path:
    """Where the document is kept: demo.json in the folder DINAMIS_VAR (default: var in the checkout)."""
    return Path(os.environ.get("DINAMIS_VAR") or settings.BASE_DIR / "var") / "demo.json"


def write_demo_file() -> Path:
    """Write the document whole or not at all; return where."""
    written = demo_file()
    written.parent.mkdir(parents=True, exist_ok=True)
    fresh = written.with_name("demo.json.new")
    fresh.write_text(json.dumps(demo_document(), indent=2, ensure_ascii=False) + "\n")
    fresh.replace(written)
    return written


def refresh_demo_file(**kwargs: Any) -> None:
    """Write the document again after somebody of the cast changed a second factor, where one was written."""
    if os.environ.get("DINAMIS_VAR") and demo_file().exists():
        write_demo_file()


def demo_document() -> dict[str, Any]:
    """The content of var/demo.json. `totp`: secrets of authenticator applications, by account and by address."""
    accounts = {key: people.person(key).email for key in people.PROMISED}
    return {
        "url": site_url(),
        "stac_url": served("/stac/"),
        "stac_root_url": stac_root_url(),
        "api_url": served("/api/v1/"),
        "signing_url": served("/signing/"),
        "simulator_url": simulator_url(),
        "mailbox_url": f"{site_url()}/demo/mailbox/",
        "database_url": os.environ.get("DATABASE_URL", ""),
        "password": people.PASSWORD,
        "accounts": accounts,
        "totp": second_factors.document(),
        "api_clients": api_keys.document(),
    }
