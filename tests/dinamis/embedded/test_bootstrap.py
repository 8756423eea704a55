# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is missing on a machine, and how it is asked for."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dinamis.embedded import bootstrap, state
from dinamis.embedded.console import Failure
from dinamis.embedded.stamps import Stamps


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="Debian or Ubuntu only")
def test_only_absent_packages_are_asked_for():
    assert bootstrap.absent_by_dpkg(["bash", "no-such-package-of-dinamis", "coreutils"]) == [
        "no-such-package-of-dinamis"
    ]
    assert bootstrap.absent_by_dpkg([]) == []


def test_neither_root_nor_sudo_is_said_with_the_command_to_ask_for(folder):
    if os.getuid() or shutil.which("sudo", path="/usr/bin:/bin") or not Path("/usr/bin/python3").exists():
        pytest.skip("needs root, to become nobody on a machine without sudo")
    code = "from dinamis.embedded import bootstrap as b, console\n"
    code += (
        "try: b.privileged(['apt-get'], ['redis-server', 'gettext'])\nexcept console.Failure as failure: print(failure)"
    )
    root = folder / "copy"
    shutil.copytree(state.checkout_root() / "dinamis/embedded", root / "dinamis/embedded")

    done = subprocess.run(
        ["/usr/bin/python3", "-c", code], env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"}, cwd="/",
        user="nobody", group="nogroup", extra_groups=[], capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip

    assert done.stdout.strip() == (
        "System packages are missing, and you are neither root nor is sudo here. "
        "Ask an administrator to run: apt-get install redis-server gettext"
    )


def test_failed_command_is_shown_with_its_words():
    with pytest.raises(
        Failure, match=r"failed with code 7:\n    sh -c echo no such mirror; exit 7\n    no such mirror"
    ):
        bootstrap.run(["sh", "-c", "echo no such mirror; exit 7"])


def test_absent_program_is_said():
    with pytest.raises(Failure, match="no-such-program cannot be run: No such file or directory"):
        bootstrap.run(["no-such-program"])


def plain(*command):
    """Root, for a test: nobody special."""
    return bootstrap.run(command)


def test_system_file_of_ours_lives_only_while_installing(tmp_path):
    path = tmp_path / "new" / "policy-rc.d"

    with bootstrap.temporary_file(path, "#!/bin/sh\nexit 101\n", "755", plain):
        assert path.read_text() == "#!/bin/sh\nexit 101\n"
        assert os.access(path, os.X_OK)
    assert not path.exists()


def test_system_file_of_the_administrator_is_left_alone(tmp_path):
    path = tmp_path / "policy-rc.d"
    path.write_text("theirs")

    with bootstrap.temporary_file(path, "ours", "755", plain):
        assert path.read_text() == "theirs"
    assert path.read_text() == "theirs"


def test_system_file_of_ours_goes_when_the_installation_fails(tmp_path):
    path = tmp_path / "policy-rc.d"

    with pytest.raises(Failure), bootstrap.temporary_file(path, "ours", "755", plain):
        bootstrap.run(["false"])
    assert not path.exists()


def test_step_is_due_when_inputs_changed_or_the_result_is_gone(tmp_path):
    stamps, made = Stamps(tmp_path / "stamps.json"), tmp_path / "made"
    assert bootstrap.is_due(stamps, "npm", "x", [])
    stamps.mark("npm", "x")

    assert not bootstrap.is_due(stamps, "npm", "x", [])
    assert bootstrap.is_due(stamps, "npm", "x", [made])
    assert bootstrap.is_due(stamps, "npm", "y", [])
