# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the first pages would wait for, paid before the site is ready. Neither the database nor Redis is asked."""

from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication
from wsgiref.util import setup_testing_defaults

import psycopg_pool  # noqa: F401  (with the first connection)
import redis.asyncio  # noqa: F401  (with the first use of the cache)
from django.conf import settings
from django.template.loader import get_template

PLAIN_PAGE = "/about/"
"""A page like the others to whom is signed out, and that reads nothing from the database."""


def warm_up(application: WSGIApplication) -> dict[str, str]:
    """Compile every template, and show a page in each language: its words, formats, addresses, list of static files.

    Returns the status of the page by language. Raises TemplateSyntaxError of a template that nobody could have read.
    """
    folder = settings.BASE_DIR / "templates"
    for path in folder.rglob("*.html"):
        get_template(str(path.relative_to(folder)))
    return {language: _status(application, PLAIN_PAGE, language) for language, _ in settings.LANGUAGES}


def _status(application: WSGIApplication, path: str, language: str) -> str:
    """Ask for a page as a browser does, from within."""
    site = urlsplit(settings.SITE_URL)
    environ = {
        "PATH_INFO": path,
        "HTTP_HOST": site.netloc,
        "wsgi.url_scheme": site.scheme,
        "HTTP_X_FORWARDED_PROTO": site.scheme,
        "HTTP_ACCEPT_LANGUAGE": language,
    }
    setup_testing_defaults(environ)
    said: list[str] = []

    def start(status: str, *_: object) -> Callable[[bytes], object]:
        said.append(status)
        return BytesIO().write

    with closing(application(environ, start)):  # type: ignore[type-var]
        return said[0]
