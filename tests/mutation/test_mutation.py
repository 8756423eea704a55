# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each permission check is removed once, and a test should fail.

Every check has its witness, a test that fails without it (witnesses.csv): a new check needs one at once, and
`python -m tests.mutation --only WORD --keep` looks for it and writes it down. Where nobody notices, a test is missing:
write it where its like stand. A check whose loss changes nothing anybody could see is written into equivalent.csv, with
the reason. Two processes ask all witnesses again, each with a database of its own; the score goes to var/mutation.json.
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
    score = gather(part, answers)
    survivors = {one["mutant"] for one in answers if one["witness"] == ""} - set(checks.equivalent())
    assert not survivors, "\n".join(("no test notices that these checks are gone:", *sorted(survivors)))
    assert not score["not_asked"], score["not_asked"]


def test_every_permission_is_asked_for():
    asked = {site.text.strip("'") for site in sites() if site.kind == "asks a permission"}
    asked |= {arrow.permission for machine in machines() for arrow in machine.transitions}
    assert set(permissions) - asked == set()


@pytest.mark.slow
def test_each_check_can_be_taken_out():
    for one in mutants():
        if one.kind != "trigger":
            with one.take_out():
                pass


def test_every_check_has_its_witness():
    names, noticed = {one.name for one in mutants()}, set(checks.witnesses())
    assert not names - noticed - set(checks.equivalent()), "python -m tests.mutation --only WORD --keep"
    assert noticed | set(checks.equivalent()) <= names
    assert not noticed & set(checks.equivalent())
    assert all(len(reason) > 20 for reason in checks.equivalent().values())
