# SPDX-License-Identifier: AGPL-3.0-or-later
"""The environment of our processes: the only way the servers' addresses reach Django."""

from __future__ import annotations

import os
from collections.abc import Mapping

from dinamis.embedded import state
from dinamis.embedded.state import Layout

DATABASE = "dinamis"
SIMULATOR_KEY = "simulator-demo-key"
"""Opens invented images only: the site shows it, the simulator expects it."""


def external(name: str, environ: Mapping[str, str]) -> str:
    """The user's own server as an environment variable names it; empty when we start one ourselves."""
    return "" if state.OURS in environ else environ.get(name, "")


def database_url(place: Layout, role: str) -> str:
    """A libpq URI (PostgreSQL manual, 34.1.1.2) over our unix socket."""
    return f"postgresql://{role}@/{DATABASE}?host={place.postgresql_run}"


def redis_url(place: Layout) -> str:
    """In the form redis-py takes; the settings translate it for Celery."""
    return f"unix://{place.redis_socket}?db=0"


def addresses(place: Layout) -> dict[str, str]:
    """The public addresses: ``localhost``, since WebAuthn refuses an IP address as a relying party."""
    site = f"http://localhost:{place.port}"
    return {
        "SITE_URL": site,
        "STAC_ROOT_URL": f"http://localhost:{place.port + 1}",
        # The same origin as the links in its answers: the adapter sends its token to no other.
        "SIMULATOR_URL": f"{site}/simulator",
        "SIMULATOR_PUBLIC_URL": f"{site}/simulator",
    }


def databases(place: Layout, environ: Mapping[str, str]) -> dict[str, str]:
    """Who connects: the web role, which owns nothing, and the owner. pytest makes its own database: as the owner."""
    given = external("DATABASE_URL", environ)
    if given:
        return {"DATABASE_URL": given, "DATABASE_OWNER_URL": external("DATABASE_OWNER_URL", environ) or given}
    web, owner = database_url(place, "dinamis_web"), database_url(place, "dinamis_owner")
    if place.name == "test":
        return {"DATABASE_URL": owner, "DATABASE_OWNER_URL": owner, "DATABASE_WEB_URL": web}
    return {"DATABASE_URL": web, "DATABASE_OWNER_URL": owner}


def variables(place: Layout, environ: Mapping[str, str]) -> dict[str, str]:
    """What we add to the environment of every process of an instance."""
    return (
        addresses(place)
        | databases(place, environ)
        | {
            state.OURS: str(place.state),
            "DINAMIS_STATE": str(place.state),
            "DINAMIS_VAR": str(place.var),
            "DINAMIS_FILES": str(place.files),
            "STATIC_ROOT": str(place.static),
            "SIMULATOR_STATE": str(place.state / "simulator"),
            "SIMULATOR_LAND": str(place.checkout / "static/vendor/geo/land-10m.geojson"),
            "SIMULATOR_API_KEY": SIMULATOR_KEY,
            "SIMULATOR_API_KEYS": SIMULATOR_KEY,
            "SECRET_KEY": state.secret_key(place),
            "REDIS_URL": external("REDIS_URL", environ) or redis_url(place),
            "DJANGO_SETTINGS_MODULE": settings_module(place, environ),
            "VIRTUAL_ENV": str(place.venv),
            "PATH": f"{place.venv / 'bin'}{os.pathsep}{environ.get('PATH', os.defpath)}",
            "PYTHONPATH": str(place.checkout),
        }
    )


def settings_module(place: Layout, environ: Mapping[str, str]) -> str:
    """The tests' servers go with the tests' settings, every other instance with the demo's."""
    given = external("DJANGO_SETTINGS_MODULE", environ)
    return given or ("dinamis.settings.test" if place.name == "test" else "dinamis.settings.demo")


def full(place: Layout, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The whole environment to hand to a process.

    Dozens of processes start from the same sources: they are compiled once, even where Python is told to leave nothing.
    """
    given = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return given | variables(place, environ)
