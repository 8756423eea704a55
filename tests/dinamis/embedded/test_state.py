# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where an instance lives."""

import os
import stat

import pytest

from dinamis.embedded import state
from dinamis.embedded.console import Failure

CHECKOUT = state.checkout_root()


def test_default_folder_names_the_user_and_the_checkout(tmp_path):
    here = state.state_folder(CHECKOUT, "", {})
    other = state.state_folder(tmp_path, "", {})

    assert here.parent == other.parent
    assert here != other
    assert here.name.startswith(f"dinamis-{os.getuid()}-")
    assert len(here.name.rpartition("-")[2]) == 8
    assert state.state_folder(CHECKOUT, "test", {}).name == f"{here.name}-test"


def test_given_folder_is_used():
    assert str(state.state_folder(CHECKOUT, "test", {"DINAMIS_STATE": "/srv/d"})) == "/srv/d-test"


def test_an_environment_of_ours_is_not_the_users_wish():
    environ = {"DINAMIS_STATE": "/srv/d-test", "DINAMIS_EMBEDDED": "/srv/d-test"}

    assert state.state_folder(CHECKOUT, "test", environ) == state.state_folder(CHECKOUT, "test", {})


@pytest.mark.parametrize(("length", "fits"), [(66, True), (67, False)])
def test_every_socket_path_fits_in_100_bytes(length, fits):
    given = "/" + "s" * (length - 1)

    if fits:
        folder = state.state_folder(CHECKOUT, "", {"DINAMIS_STATE": given})
        assert len(os.fsencode(folder / state.LONGEST_SOCKET)) == state.SOCKET_PATH_LIMIT
    else:
        with pytest.raises(Failure, match=r"101 bytes of 100"):
            state.state_folder(CHECKOUT, "", {"DINAMIS_STATE": given})


@pytest.mark.parametrize("given", ["http", "0", "65535", "-1", "80 "])
def test_port_that_is_none_is_refused(given, tmp_path):
    with pytest.raises(Failure, match="is not a port number"):
        state.chosen_port("", tmp_path, {"PORT": given})


def test_port_given_then_recorded_then_usual(tmp_path):
    assert state.chosen_port("", tmp_path, {}) == 8000
    (tmp_path / "ports.json").write_text('{"port": 8123}')
    assert state.chosen_port("", tmp_path, {}) == 8123
    assert state.chosen_port("", tmp_path, {"PORT": "9000"}) == 9000


def test_folder_with_other_files_is_neither_used_nor_deleted(tmp_path):
    precious = tmp_path / "thesis.odt"
    precious.write_text("ten years")

    with pytest.raises(Failure, match="holds other files"):
        state.make_state(tmp_path)
    assert not state.remove_state(tmp_path)
    assert precious.read_text() == "ten years"


def test_symbolic_link_is_refused(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path)

    with pytest.raises(Failure, match="is not yours"):
        state.make_state(link)


def test_state_folder_of_ours_is_deleted(tmp_path):
    state.make_state(tmp_path / "s")

    assert state.remove_state(tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_full_disk_is_said(tmp_path):
    with pytest.raises(Failure, match=r"nearly full: [\d.]+ GB free at .*, DINAMIS needs 1048576 GB"):
        state.check_free_space(tmp_path / "not-yet", needed=2**50)


def test_secret_is_made_once_and_is_private(place):
    first = state.secret_key(place)

    assert len(first) >= 50
    assert state.secret_key(place) == first
    assert stat.S_IMODE((place.state / "secret_key").stat().st_mode) == 0o600
