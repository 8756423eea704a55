# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest

from dinamis.core.statemachine import StateMachine, Transition

LIGHT = StateMachine(
    aggregate="test.light",
    initial=("red",),
    states=("red", "green", "broken"),
    transitions=(
        Transition("go", ("red",), "green", "go"),
        Transition("stop", ("green",), "red", "stop"),
        Transition("break", ("red", "green"), "broken", "break"),
    ),
)


def test_pairs_are_every_legal_move_once():
    assert LIGHT.pairs() == [("green", "broken"), ("green", "red"), ("red", "broken"), ("red", "green")]


def test_final_states_are_those_no_arrow_leaves():
    assert LIGHT.final == ("broken",)


def test_leaving_lists_the_arrows_of_a_state():
    assert [arrow.name for arrow in LIGHT.leaving("green")] == ["stop", "break"]
    assert list(LIGHT.leaving("broken")) == []


def test_find_names_what_is_unknown():
    with pytest.raises(KeyError, match=r"test\.light has no transition 'fly'"):
        LIGHT.find("fly")


def test_a_table_with_an_unknown_state_is_refused():
    with pytest.raises(ValueError, match=r"test\.x\.go: unknown states \['blue'\]"):
        StateMachine("test.x", ("red",), (Transition("go", ("red",), "blue", "go"),), ("red",))


def test_a_table_with_the_same_arrow_twice_is_refused():
    go = Transition("go", ("red",), "red", "go")
    with pytest.raises(ValueError, match="declared twice"):
        StateMachine("test.x", ("red",), (go, go), ("red",))
