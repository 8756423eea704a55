# SPDX-License-Identifier: AGPL-3.0-or-later
"""A pytest plugin: one process, one database; for each mutant the tests likely to notice, until the first that does.

`pytest -p tests.mutation.runner --part 0 --parts 2 --answers FILE tests/…` collects as ever, then runs mutants instead
of tests. A mutant lives during the call of a test alone: what its fixtures prepare is prepared on the site as it is.
Who notices for the first time is asked once more without the mutant, and must be content then.
"""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation import checks
from tests.mutation.recorder import reached

if TYPE_CHECKING:
    from tests.mutation.mutants import Mutant

# So many tests are tried before a mutant is said to survive; who noticed last time is always among them.
PATIENCE = 40
WALKS = ("test_walk.py", "test_offers.py")
# The points of a test that may notice at all; of one that asks about every check of a kind.
NEAR, OF_ITS_KIND = 16, 100
# A helper serves every page of its module: so many are walked.
ROUTES = 6


def pytest_addoption(parser):
    """What each process is told."""
    group = parser.getgroup("mutation")
    group.addoption("--part", type=int, default=0)
    group.addoption("--parts", type=int, default=1)
    group.addoption("--answers", default="")
    group.addoption("--only", default="", help="mutants whose kind and name this expression finds")
    group.addoption("--patience", type=int, default=PATIENCE, help="how many tests are tried")


class Run:
    """The mutants of one process, and who noticed them."""

    def __init__(self, session: pytest.Session) -> None:
        self.session, self.options = session, session.config.option
        self.items = {item.nodeid: item for item in session.items}
        self.texts = {path: path.read_text(encoding="utf-8") for path in {item.path for item in session.items}}
        self.siblings = _siblings(session.items)
        self.mutant: Any = None
        self.content: dict[str, bool] = {}

    def all(self) -> None:
        """Run every mutant of this part; write the answers after each, so that a run that is cut short tells."""
        from tests.mutation.mutants import mutants

        known = checks.witnesses()
        chosen = [one for one in mutants() if re.search(self.options.only, f"{one.kind}: {one.name}")]
        # Those a test of one module notices follow each other, so that what the module prepares is prepared once; what
        # must be committed comes later, and last of all those for which a test must be looked for.
        mine = sorted(
            chosen[self.options.part :: self.options.parts],
            key=lambda one: (one.name not in known, one.kind == "trigger", known.get(one.name, ""), one.kind),
        )
        for one in mine:
            if one.kind != "trigger":
                with one.take_out():
                    pass
        answers = {one.name: {"mutant": one.name, "kind": one.kind, "witness": None, "seconds": 0} for one in mine}
        for one in mine:
            begin = time.monotonic()
            witness, tried = self.noticed(one, known.get(one.name, ""))
            answers[one.name] |= {"witness": witness, "tried": tried, "seconds": round(time.monotonic() - begin, 2)}
            text = json.dumps([*answers.values()], indent=1, ensure_ascii=False)
            Path(self.options.answers).write_text(text, encoding="utf-8")

    def noticed(self, mutant: "Mutant", last: str) -> tuple[str, int]:
        """The first test that fails under the mutant and not without it, and how many were tried."""
        tried = 0
        for item in self.candidates(mutant, last):
            tried += 1
            if self.fails(item, mutant) and self.is_content(item):
                return item.nodeid, tried
        return "", tried

    def fails(self, item: pytest.Item, mutant: "Mutant | None") -> bool:
        """Run one test from beginning to end."""
        self.session._setupstate.teardown_exact(item)
        self.mutant = mutant
        try:
            reports = runtestprotocol(item, log=False, nextitem=self.siblings[item.nodeid])
        finally:
            self.mutant = None
        return any(report.failed for report in reports)

    def is_content(self, item: pytest.Item) -> bool:
        """Whether a test passes on the site as it is; the walk is so long that its own run must say it."""
        if item.path.name == "test_walk.py":
            return True
        if item.nodeid not in self.content:
            self.content[item.nodeid] = not self.fails(item, None)
        return self.content[item.nodeid]

    def candidates(self, mutant: "Mutant", last: str) -> Iterator[pytest.Item]:
        """Who noticed last time; the walk along the routes behind the check; then the likeliest by their words.

        Where it is known who comes by the check at all, nobody else is asked but the tests of its kind.
        """
        seen = set()
        of_files = {path: self.of_file(path, text, mutant) for path, text in self.texts.items()}
        points = {item: self.likeness(item, mutant, of_files[item.path]) for item in self.items.values()}
        if passing := set().union(*(reached().get(place, ()) for place in mutant.places)):
            near = {item: given + NEAR for item, given in points.items() if item.nodeid in passing}
            points = {item: given for item, given in points.items() if given >= OF_ITS_KIND} | near
        likely = sorted((item for item, given in points.items() if given >= NEAR), key=lambda item: -points[item])
        named = [self.items[last]] if last in self.items else []
        for item in [*named, *self.on_the_way(mutant), *likely][: self.options.patience]:
            if item.nodeid not in seen:
                seen.add(item.nodeid)
                yield item

    def on_the_way(self, mutant: "Mutant") -> list[pytest.Item]:
        """The steps of the walk along the routes of a mutant."""
        steps = ("test_every_role_gets_the_declared_answer", "test_every_key_gets_the_declared_answer")
        if mutant.kind == "api":
            steps = steps[::-1]
        if mutant.kind == "decorator":
            steps = steps[:1]
        views = mutant.views[:ROUTES]
        names = [f"tests/walk/test_walk.py::{step}[{view}]" for step in steps for view in views]
        names += [f"tests/walk/test_offers.py::test_a_page_offers_nobody_what_is_refused[{view}]" for view in views]
        return [self.items[name] for name in names if name in self.items]

    @staticmethod
    def of_file(path: Path, text: str, mutant: "Mutant") -> int:
        """How likely a test module notices: by the words it holds, and its name and room."""
        words = [re.escape(word) for word in mutant.words if len(word) > 3]
        spoken = bool(words) and re.search(rf"\b({'|'.join(words)})\b", text) is not None
        area = Path(mutant.area)
        return 30 * spoken + 10 * (area.stem in path.stem) + 5 * (area.parent.name in path.parts)

    @staticmethod
    def likeness(item: pytest.Item, mutant: "Mutant", of_file: int) -> int:
        """How likely a test notices: by the kind of the mutant, its own name, its module."""
        if item.path.name in WALKS or (_commits(item) and mutant.kind != "trigger"):
            return 0
        likeliest = checks.KINDS.get(mutant.kind, ())
        points = next((200 - 50 * place for place, part in enumerate(likeliest) if part in item.nodeid), 0)
        points += 20 * any(len(word) > 3 and word in item.name for word in mutant.words)
        return points + of_file + 15 * any(word in item.name for word in checks.TELLING)


def _commits(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("django_db")
    return bool(mark and mark.kwargs.get("transaction"))


def _siblings(items: list[pytest.Item]) -> dict[str, pytest.Item]:
    """For each test another one of its module, or any other: the test itself is torn down, its module is not."""
    found = {}
    for number, item in enumerate(items):
        near = [items[(number + step) % len(items)] for step in (1, -1)]
        found[item.nodeid] = next((one for one in near if one.path == item.path), near[0])
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Any:
    """Run mutants, not tests."""
    # Modules of the site are there only now: a plugin is read before it starts.
    from tests.walk import test_walk

    test_walk.FIRST_ONLY, test_walk.RENDERED = True, set()
    session.config.mutation = Run(session)
    session.config.mutation.all()
    session._setupstate.teardown_exact(None)
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Any:
    """Take the check out while the test itself runs."""
    mutant = pyfuncitem.config.mutation.mutant
    if mutant is None:
        yield
        return
    with mutant.take_out():
        yield
