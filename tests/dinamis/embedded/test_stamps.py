# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a step was done from."""

from dinamis.embedded.stamps import Stamps, digest


def test_digest_sees_content_name_absence_and_words(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("1")
    base = digest([first])

    assert digest([first]) == base
    assert digest([first], "word") != base
    assert digest([first, second]) != base
    first.write_text("2")
    assert digest([first]) != base
    second.write_text("2")
    assert digest([second]) != digest([first])


def test_step_is_current_only_for_the_same_inputs(tmp_path):
    stamps = Stamps(tmp_path / "var" / "stamps.json")

    assert not stamps.current("migrate", "x")
    stamps.mark("migrate", "x")
    stamps.mark("collectstatic", "y")
    assert stamps.current("migrate", "x")
    assert not stamps.current("migrate", "z")
    assert stamps.read() == {"migrate": "x", "collectstatic": "y"}


def test_damaged_file_means_do_again(tmp_path):
    path = tmp_path / "stamps.json"
    for text in ("{", "[1]", ""):
        path.write_text(text)
        assert Stamps(path).read() == {}
