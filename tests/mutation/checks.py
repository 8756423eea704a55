# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is kept beside the mutants: who noticed each last time, and the equivalent ones with the reason."""

import csv
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
WITNESSES, EQUIVALENT = FOLDER / "witnesses.csv", FOLDER / "equivalent.csv"
# The tests that ask about every check of a kind, whichever it is; or the module where each has a test of its own.
ROLES_MOVE, OTHERS_MOVE = "test_roles_may_move_what_the_committed_table_says", "test_what_is_no_person_moves_what"
KINDS = {
    "permission": (ROLES_MOVE, "test_rules.py"),
    "predicate": (ROLES_MOVE, "test_rules.py"),
    "arrow": (OTHERS_MOVE, ROLES_MOVE),
    "condition": ("test_decision.py",),
    "trigger": ("test_four_eyes.py",),
}
# A test of a refusal says so in its name.
TELLING = (
    "nobody",
    "not_",
    "refus",
    "only",
    "other",
    "own",
    "foreign",
    "stranger",
    "may",
    "never",
    "else",
    "forbid",
    "without",
    "key",
)


def witnesses() -> dict[str, str]:
    """Which test noticed each mutant last time: it is asked first, and nothing else depends on it."""
    return _read(WITNESSES, "test")


def equivalent() -> dict[str, str]:
    """The mutants that change nothing anybody could notice, and why."""
    return _read(EQUIVALENT, "reason")


def _read(path: Path, column: str) -> dict[str, str]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["mutant"]: row[column] for row in csv.DictReader(file)}
