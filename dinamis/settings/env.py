# SPDX-License-Identifier: AGPL-3.0-or-later
"""Typed reading of the environment. Each reader also honours `NAME_FILE` (a path whose content is the value)."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """Return the variable, or the content of the file `NAME_FILE` points at.

    Raises ImproperlyConfigured when neither is set and there is no default.
    """
    if name in os.environ:
        return os.environ[name]
    if file_name := os.environ.get(f"{name}_FILE"):
        return Path(file_name).read_text().strip()
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set: set it, or set {name}_FILE to a file that holds it.")
    return default


def flag(name: str, *, default: bool = False) -> bool:
    """Return a boolean variable written 1/0, true/false, yes/no or on/off."""
    value = text(name, "on" if default else "off").lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}: write true or false.")
    return value in TRUE


def integer(name: str, default: int) -> int:
    """Return an integer variable."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number.") from error


def names(name: str, default: str = "") -> list[str]:
    """Return a comma separated list."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def database(url: str, **options: Any) -> dict[str, Any]:
    """Turn `postgresql://user:password@host:port/name` into Django's mapping.

    A unix socket is written `postgresql://user@/name?host=/path/to/socket/folder`.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql", "postgis"}:
        raise ImproperlyConfigured(f"DATABASE_URL has the scheme {parts.scheme!r}: only postgresql:// works here.")
    query = parse_qs(parts.query)
    return {
        "ENGINE": "dinamis.core.postgis",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": query.get("port", [str(parts.port or "")])[0],
        "ATOMIC_REQUESTS": False,
        "OPTIONS": options,
    }


def redis_for_celery(url: str) -> str:
    """Return the Celery spelling of a Redis URL: sockets are `redis+socket://` there and `unix://` elsewhere."""
    if url.startswith(("redis://", "rediss://")):
        return url
    if not url.startswith("unix://"):
        raise ImproperlyConfigured(f"REDIS_URL is {url!r}: write redis://, rediss:// or unix:///path?db=0.")
    parts = urlsplit(url)
    number = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={number}"
