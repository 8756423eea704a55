# SPDX-License-Identifier: AGPL-3.0-or-later
"""An instance in a folder of its own, and copies of the checkout to run beside each other."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from dinamis.embedded import state

OURS = (
    "DINAMIS_EMBEDDED",
    "DINAMIS_STATE",
    "DINAMIS_VAR",
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "PORT",
    "CI",
)


@pytest.fixture
def folder():
    """A short folder that other users may enter (pytest's own is closed to the user of PostgreSQL)."""
    path = Path(tempfile.mkdtemp(prefix="dinamis-", dir="/var/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def place(folder):
    """An instance nothing of which runs yet."""
    made = state.Layout(folder, "probe", folder / "state", folder / "var", 0)
    for path in (made.pids, made.logs):
        path.mkdir(parents=True)
    state.make_state(made.state)
    return made


class Copy:
    """A copy of this package in another checkout, driven as people drive it: by its command line."""

    def __init__(self, root: Path, state_folder: Path) -> None:
        self.root = root
        shutil.copytree(state.checkout_root() / "dinamis/embedded", root / "dinamis/embedded")
        (root / "dinamis/__init__.py").touch()
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        self.env = kept | {"DINAMIS_STATE": str(state_folder), "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}

    def python(self, code: str) -> str:
        """What a script of the copy prints; its words are shown when it fails."""
        return self._run("-c", code)

    def command(self, *words: str) -> str:
        """What a command of the copy prints."""
        return self._run("-m", "dinamis.embedded", *words)

    def _run(self, *words: str) -> str:
        python = shutil.which("python3", path="/usr/bin") or "python3"
        done = subprocess.run(
            [python, *words], cwd="/", env=self.env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def copies(folder):
    """Two copies with their state folders; whatever they started is stopped at the end."""
    made = [Copy(folder / name, folder / f"s-{name}") for name in ("a", "b")]
    yield made
    for copy in made:
        copy.command("clean")
