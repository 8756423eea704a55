# SPDX-License-Identifier: AGPL-3.0-or-later
"""The programs that people read the catalogue with, against the real processes, over HTTP.

Those in Python live in an environment of their own (requirements/clients.txt), so that none of them is ours to import,
and are run as processes. The others are looked for and, when absent, named by the skip.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dinamis.embedded.stamps import Stamps, digest
from tests.e2e.conftest import ROOT, Site, identity_provider, site  # noqa: F401  (fixtures)

FOLDER = ROOT / "var" / "clients"
LOCK = ROOT / "requirements" / "clients.txt"
PROGRAMS = Path(__file__).parent / "programs"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder: it is of `make test-all`."""
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(600))


def program(name: str) -> str:
    """Return the path of a program, or skip the test naming it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def answer_of(command: list[str], *, cwd: Path | None = None, **more: str) -> str:
    """Return what a program says, in an environment that holds nothing of ours. Fails with its words."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp"), "LANG": "C.UTF-8", **more}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300, cwd=cwd)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def python() -> str:
    """Return the Python that has the clients; its environment is made from the lock, again when that changed."""
    place, uv = FOLDER / "venv", Path(sys.executable).with_name("uv")
    stamps, value = Stamps(FOLDER / "stamps.json"), digest([LOCK])
    if not (stamps.current("locks", value) and (place / "bin" / "python").exists()):
        FOLDER.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "VIRTUAL_ENV": str(place)}
        made = ["venv", "--quiet", "--clear", "--python", sys.executable, str(place)]
        for words in (made, ["pip", "sync", "--quiet", "--require-hashes", str(LOCK)]):
            done = subprocess.run([str(uv), *words], env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"the packages of {LOCK.name} cannot be installed: {done.stderr.strip()[-300:]}")
        stamps.mark("locks", value)
    return str(place / "bin" / "python")


@pytest.fixture(scope="session")
def root(site: Site) -> str:  # noqa: F811
    """Return the address of the STAC API at the root of a host of its own."""
    return str(site.about["stac_root_url"]).rstrip("/")


@pytest.fixture(scope="session")
def asked(site: Site, root: str) -> dict[str, Any]:  # noqa: F811
    """Return what every program is told: where the API is, and the key of somebody entitled to images."""
    key = site.about["api_clients"]["colleague"]
    return {"base": root, "api": site.about["api_url"], "key": [key["access_key"], key["secret_key"]]}


@pytest.fixture(scope="session")
def run(python: str, asked: dict[str, Any]) -> Callable[..., Any]:
    """Return what runs one of the programs and gives its answer; `through` is a command to run it with."""

    def act(name: str, *through: str, **more: Any) -> Any:
        words = [*through, python, str(PROGRAMS / f"{name}.py"), json.dumps({**asked, **more})]
        return json.loads(answer_of(words).splitlines()[-1])

    return act
