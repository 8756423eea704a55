# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the processes are told beside their addresses."""

from dinamis.embedded import environment


def test_sources_are_compiled_once_whatever_the_machine_says_and_the_rest_is_left(place):
    told = environment.full(place, {"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "fr_FR.UTF-8"})
    assert "PYTHONDONTWRITEBYTECODE" not in told
    assert told["LC_ALL"] == "fr_FR.UTF-8"
