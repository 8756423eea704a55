# SPDX-License-Identifier: AGPL-3.0-or-later
"""``make check``: every check runs, whatever the others say; the words of those that fail are shown."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dinamis.embedded import environment
from dinamis.embedded.state import Layout

PYTHON_FOLDERS = ("dinamis", "licensing", "orders")
# In two pieces, so that this file names none of them.
SERVERS = (
    ("py", "pi"),
    ("python", "hosted"),
    ("npm", "js"),
    ("deb", "ian"),
    ("cra", "tes"),
    ("js", "delivr"),
    ("un", "pkg"),
)
HOSTS = re.compile(rf"(?i)\b({'|'.join(map(''.join, SERVERS))})\.(org|com|net|io)\b")
"""Servers of packages and CDNs: a lock, a page or a script that names one depends on where it was made."""
BINARY = {".png", ".jpg", ".tif", ".tiff", ".jp2", ".woff2", ".zip", ".gz", ".mo", ".ico", ".pdf"}

COMMANDS: dict[str, tuple[str, ...]] = {
    "ruff check": ("ruff", "check", "."),
    "ruff format": ("ruff", "format", "--check", "."),
    "mypy": ("mypy", *PYTHON_FOLDERS),
    "djlint": ("djlint", "--lint", "--quiet", "templates"),
    "import contracts": ("lint-imports",),
    "django check": ("python", "manage.py", "check", "--fail-level", "WARNING"),
    "django check --deploy": (
        *("env", "DJANGO_SETTINGS_MODULE=dinamis.settings.prod", "CLAMD_URL=unix:///run/clamav/clamd.ctl"),
        *("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
    ),
    "migrations": ("python", "manage.py", "makemigrations", "--check", "--dry-run"),
    "generated docs": ("python", "manage.py", "generate_docs", "--check"),
    "browser files": ("node", "dinamis/frontend/vendor.mjs", "--check"),
}


def run(place: Layout) -> int:
    """Run all; 0 when all pass. One line each with its time, then the words of each that failed."""
    env = environment.full(place)

    def command(words: tuple[str, ...]) -> Callable[[], str]:
        return lambda: words_of_failure(output(words, place.checkout, env))

    checks = {title: command(words) for title, words in COMMANDS.items()}
    checks["translations"] = lambda: untranslated(place.checkout)
    checks["no package server is named"] = lambda: named_hosts(place.checkout)
    failures = {title: words for title, check in checks.items() if (words := timed(title, check))}
    for title, words in failures.items():
        print(f"\n--- {title} ---\n{words}")
    print(f"\n{len(checks) - len(failures)} checks passed, {len(failures)} failed")
    sys.stdout.flush()
    return 1 if failures else 0


def output(words: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command; what it says on both channels."""
    return subprocess.run(
        words, cwd=cwd, env=env, text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def words_of_failure(done: subprocess.CompletedProcess[str]) -> str:
    """What a command said when it failed, empty when it passed."""
    return (done.stdout.rstrip() or f"exit code {done.returncode}") if done.returncode else ""


def timed(title: str, check: Callable[[], str]) -> str:
    """Run one check and print its line."""
    begun = time.monotonic()
    words = check()
    print(f"{'FAILED' if words else 'ok':<7} {title} ({time.monotonic() - begun:.1f} s)", flush=True)
    return words


def untranslated(checkout: Path) -> str:
    """Messages without translation or with a doubtful one. English needs none: it is what the code says."""
    found = []
    for catalogue in sorted((checkout / "dinamis" / "locale").glob("fr/LC_MESSAGES/*.po")):
        for kind in ("--untranslated", "--only-fuzzy"):
            text = output(["msgattrib", kind, "--no-obsolete", "--no-wrap", str(catalogue)], checkout).stdout
            entries = re.findall(r'^msgid (".*"(?:\n".*")*)$', text, re.MULTILINE)[1:]
            found += [f"{catalogue.relative_to(checkout)} {kind}: {entry}" for entry in entries]
    return "\n".join(found)


def named_hosts(checkout: Path) -> str:
    """The lines under version control that name a server of packages."""
    listed = output(["git", "ls-files", "-z"], checkout).stdout.split("\0")
    found = []
    for name in filter(None, listed):
        path = checkout / name
        if path.suffix in BINARY or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if HOSTS.search(line):
                found.append(f"{name}:{number}: {line.strip()[:160]}")
    return "\n".join(found)
