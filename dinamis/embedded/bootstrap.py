# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes a bare Debian able to run DINAMIS: system packages, ``.venv``, npm modules, compiled messages.

Only what is missing is installed, and no system server is started: ours are private.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dinamis.embedded import postgres
from dinamis.embedded.console import Failure, say, step
from dinamis.embedded.stamps import Stamps, digest
from dinamis.embedded.state import Layout

UV_VERSION = "0.13.9"
POLICY = Path("/usr/sbin/policy-rc.d")
CLUSTER_CONF = Path("/etc/postgresql-common/createcluster.d/dinamis.conf")
ALWAYS = {
    "gdal-bin": "gdalinfo",
    "libpango-1.0-0": "",
    "libpangoft2-1.0-0": "",
    "libharfbuzz-subset0": "",
    "fonts-dejavu-core": "",
    "gettext": "msgfmt",
    "redis-server": "redis-server",
    "nginx-light": "nginx",
}
"""Debian package → a program that proves it is there whatever package brought it (empty: ask dpkg)."""
UNITS = {"redis-server": "redis-server", "nginx-light": "nginx"}
"""Packages that enable a system service: those we install are disabled again, the machine is not a server for it."""


def run(command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """Run a command; its output. A line every five seconds shows that it advances; the end of them when it fails."""
    try:
        child = subprocess.Popen(
            command, env=env, cwd=cwd, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        raise Failure(f"{command[0]} cannot be run: {error.strerror}") from error
    lines, shown = [], time.monotonic()
    with child:
        for line in child.stdout or ():
            lines.append(line)
            if line.strip() and time.monotonic() - shown > 5:
                say(f"    {line.strip()[:110]}")
                shown = time.monotonic()
    if child.returncode:
        end = "".join(f"    {line}" for line in lines[-25:])
        raise Failure(f"This command failed with code {child.returncode}:\n    {' '.join(command)}\n{end}")
    return "".join(lines)


# --- system packages ----------------------------------------------------------------------------------------------


def missing_packages(place: Layout, *, for_tests: bool) -> list[str]:
    """The Debian packages to install; ``postgresql`` stands for the distribution's version and its PostGIS."""
    wanted = dict(ALWAYS)
    if for_tests:
        wanted["chromium"] = "chromium"
    missing = absent_by_dpkg([package for package, program in wanted.items() if not (program and on_path(program))])
    if not postgres.programs():
        missing.append("postgresql")
    if not place.python.exists() and importlib.util.find_spec("ensurepip") is None:
        missing.append("python3-venv")
    if (place.checkout / "dinamis/frontend/package-lock.json").exists() and not on_path("npm"):
        missing += ["nodejs", "npm"]
    return missing


def on_path(program: str) -> bool:
    """Whether a program is there, system folders included (nginx lies in /usr/sbin, often not in a user's PATH)."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin") is not None


def absent_by_dpkg(packages: Sequence[str]) -> list[str]:
    """Those of these packages that dpkg does not report installed."""
    if not packages:
        return []
    if not on_path("dpkg-query"):
        raise Failure(f"This is not a Debian or Ubuntu system. Install these by hand: {' '.join(packages)}")
    form = "-f=${Package} ${db:Status-Status}\n"
    done = subprocess.run(["dpkg-query", "-W", form, *packages], capture_output=True, text=True, check=False)
    installed = {line.split()[0] for line in done.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in installed]


def privileged(command: Sequence[str], packages: Iterable[str]) -> list[str]:
    """The command as root: as it is, or through sudo. Raises Failure naming what an administrator should install."""
    if os.getuid() == 0:
        return list(command)
    advice = f"Ask an administrator to run: apt-get install {' '.join(packages)}"
    if shutil.which("sudo") is None:
        raise Failure(f"System packages are missing, and you are neither root nor is sudo here. {advice}")
    silent = [] if sys.stdin.isatty() else ["-n"]
    if subprocess.run(["sudo", *silent, "-v"], check=False, stderr=subprocess.DEVNULL).returncode:
        raise Failure(f"System packages are missing, and sudo does not let you install them. {advice}")
    return ["sudo", *silent, *command]


def install_packages(packages: list[str]) -> None:
    """Install packages without letting any system server start (recipe: policy-rc.d, no main cluster)."""

    def root(*command: str) -> str:
        return run(privileged(command, packages))

    with step(f"System packages: {' '.join(packages)}"), ExitStack() as undo:
        root("apt-get", "update", "-q")
        undo.enter_context(temporary_file(POLICY, "#!/bin/sh\nexit 101\n", "755", root))
        undo.enter_context(temporary_file(CLUSTER_CONF, "create_main_cluster = false\n", "644", root))
        apt = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-q", "--no-install-recommends")
        names = [name for package in packages for name in expanded(package)]
        if "postgresql" in packages:
            root(*apt, "postgresql-common")
        root(*apt, *names)
        if Path("/run/systemd/system").exists():
            for unit in (UNITS[package] for package in packages if package in UNITS):
                root("systemctl", "disable", "--quiet", unit)


def expanded(package: str) -> list[str]:
    """``postgresql`` becomes the distribution's own version (15 on Debian 12, 17 on 13) with its PostGIS."""
    if package != "postgresql":
        return [package]
    match = re.search(r"Depends: postgresql-(\d+)", run(["apt-cache", "depends", "postgresql"]))
    if match is None or int(match.group(1)) < postgres.OLDEST:
        raise Failure(f"This distribution offers no PostgreSQL ≥ {postgres.OLDEST}: install one with PostGIS by hand.")
    return [f"postgresql-{match.group(1)}", f"postgresql-{match.group(1)}-postgis-3"]


@contextmanager
def temporary_file(path: Path, text: str, mode: str, root: Callable[..., str]) -> Iterator[None]:
    """A system file for the time of an installation; one that exists already is the administrator's: untouched."""
    if path.exists():
        yield
        return
    root("install", "-d", str(path.parent))
    root("sh", "-c", 'printf "%s" "$1" > "$2" && chmod "$3" "$2"', "sh", text, str(path), mode)
    try:
        yield
    finally:
        root("rm", "-f", str(path))


# --- .venv ----------------------------------------------------------------------------------------------------


def sync_venv(place: Layout, *levels: str) -> None:
    """Bring ``.venv`` to the hashed locks. Levels installed before (test, bench) stay: the demo removes no tool."""
    stamps = Stamps(place.venv / "dinamis-stamps.json")
    held = [word for word in stamps.read().get("levels", "").split() if lock(place, word).exists()]
    wanted = sorted({*levels, *held})
    value = digest([lock(place, level) for level in wanted], *wanted)
    if set(levels) <= set(held) and stamps.current("locks", value) and place.python.exists():
        return
    with step(f"Python packages ({', '.join(wanted)})"):
        uv = install_uv(place)
        files = [str(lock(place, level).relative_to(place.checkout)) for level in wanted]
        env = {**os.environ, "VIRTUAL_ENV": str(place.venv), "UV_HTTP_TIMEOUT": "180"}
        run([str(uv), "pip", "sync", "--require-hashes", *files], env=env, cwd=place.checkout)
    stamps.mark("levels", " ".join(wanted))
    stamps.mark("locks", value)


def lock(place: Layout, level: str) -> Path:
    """The hashed lock of a level: base, test or bench."""
    return place.checkout / "requirements" / f"{level}.txt"


def install_uv(place: Layout) -> Path:
    """uv inside ``.venv``, made by this very Python when there is none or its interpreter is gone."""
    uv = place.venv / "bin" / "uv"
    if not place.python.exists():
        run([sys.executable, "-m", "venv", "--clear", str(place.venv)])
    if not uv.exists():
        run([str(place.python), "-m", "pip", "install", "--quiet", f"uv=={UV_VERSION}"])
    return uv


# --- what is built inside the checkout, out of git ----------------------------------------------------------------


def is_due(stamps: Stamps, name: str, value: str, made: Iterable[Path]) -> bool:
    """Whether a step must be done: its inputs changed, or what it makes is gone."""
    return not (stamps.current(name, value) and all(path.exists() for path in made))


def build_frontend(place: Layout) -> None:
    """npm modules from the lock, then the files that pages load, copied to ``static/vendor``."""
    folder, stamps = place.checkout / "dinamis" / "frontend", Stamps(place.checkout / "var" / "stamps.json")
    locks = [folder / "package-lock.json", folder / "package.json"]
    modules, files = digest(locks), digest([*locks, folder / "vendor.mjs"])
    if is_due(stamps, "npm", modules, [folder / "node_modules"]):
        with step("Browser modules"):
            run(["npm", "ci", "--ignore-scripts"], cwd=folder)
        stamps.mark("npm", modules)
    if is_due(stamps, "vendor", files, [place.checkout / "static" / "vendor"]):
        with step("Browser files"):
            run(["node", str(folder / "vendor.mjs")], cwd=folder)
        stamps.mark("vendor", files)


def compile_messages(place: Layout) -> None:
    """The translations in the form gettext reads."""
    sources = sorted((place.checkout / "dinamis" / "locale").rglob("*.po"))
    stamps, value = Stamps(place.checkout / "var" / "stamps.json"), digest(sources)
    if not is_due(stamps, "messages", value, [source.with_suffix(".mo") for source in sources]):
        return
    with step("Translations"):
        for source in sources:
            run(["msgfmt", "--check-format", "-o", str(source.with_suffix(".mo")), str(source)])
    stamps.mark("messages", value)


def prepare(place: Layout, *levels: str) -> None:
    """Everything before the first server. Seconds when nothing changed: only stamps and dpkg are read."""
    begun = time.monotonic()
    missing = missing_packages(place, for_tests="test" in levels)
    if missing:
        install_packages(missing)
    sync_venv(place, "base", *levels)
    build_frontend(place)
    compile_messages(place)
    if time.monotonic() - begun > 1:
        say("System, Python and browser packages are in place")
