# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each permission check is removed once, and a test should fail.

Two processes run every mutant of mutants.py, each with a database of its own; the score goes to var/mutation.json, with
the names of those that nobody noticed. Each of them is a test that is missing: write it where its like stand, in a
module that names the function or the permission. One that changes nothing anybody could see is written into
equivalent.csv, with the reason. `python -m tests.mutation --only WORD` runs some of them; `--keep` writes down who
noticed (witnesses.csv): it is asked first from then on, and a mutant that was noticed once may never survive again.
"""

import pytest
from rules.permissions import permissions

from dinamis.core.management.commands.generate_docs import machines
from tests.mutation import checks
from tests.mutation.__main__ import PARTS, gather, run
from tests.mutation.mutants import mutants
from tests.mutation.sources import sites


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_removed_check_is_noticed(part, tmp_path):
    answers = run(part, PARTS, tmp_path / "answers.json")
    assert len(answers) > 200
    gather(part, answers)
    survivors = {one["mutant"] for one in answers if one["witness"] == ""}
    lost = sorted(survivors & set(checks.witnesses()))
    assert not lost, "\n".join(("a test noticed once that these checks are gone, and none does any more:", *lost))


def test_every_permission_is_asked_for():
    asked = {site.text.strip("'") for site in sites() if site.kind == "asks a permission"}
    asked |= {arrow.permission for machine in machines() for arrow in machine.transitions}
    assert set(permissions) - asked == set()


def test_each_check_can_be_taken_out():
    for one in mutants():
        if one.kind != "trigger":
            with one.take_out():
                pass


def test_what_is_written_down_speaks_of_mutants_there_are():
    names = {one.name for one in mutants()}
    assert set(checks.equivalent()) <= names
    assert all(len(reason) > 20 for reason in checks.equivalent().values())
