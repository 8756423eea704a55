# SPDX-License-Identifier: AGPL-3.0-or-later
"""`pytest -p tests.mutation.recorder`: notes which tests come by which check, at a word in each.

Who never comes by cannot notice that a check is gone. `python -m tests.mutation --learn` runs the tests so; without
what it left nothing is known, and tests are chosen by their words alone.
"""

import ast
import copy
import json
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.mutation.sources import ROOT, Site, at, replaced, sites, tree_of

FOLDER = ROOT / "var" / "mutation-reached"
_seen: dict[str, set[str]] = {}
_now = [""]


def saw(place: str) -> None:
    """Note that the test of this moment came by."""
    _seen.setdefault(place, set()).add(_now[0])


@cache
def reached() -> dict[str, frozenset[str]]:
    """The tests that came by each place, as far as anybody looked."""
    found: dict[str, set[str]] = {}
    for path in FOLDER.glob("*.json"):
        for place, tests in json.loads(path.read_text(encoding="utf-8")).items():
            found.setdefault(place, set()).update(tests)
    return {place: frozenset(tests) for place, tests in found.items()}


def probed(path: str) -> ast.Module:
    """The tree of a module with a word at each of its checks; nothing else is different."""
    tree = copy.deepcopy(tree_of(path))
    found = [(one, *at(tree, one.place)) for one in sites() if one.path == path]
    for site, node, parent in sorted(found, key=lambda one: -len(one[0].place)):
        if site.kind == "lets through":
            node.body.insert(0, ast.Expr(_word(site)))
        elif site.kind == "calls a guard":
            node.value = _after_word(site, node.value)
        else:
            replaced(parent, node, _after_word(site, node))
    return ast.fix_missing_locations(tree)


def _word(site: Site) -> ast.expr:
    text = f"__import__({__name__!r}, fromlist=['saw']).saw({site.name!r})"
    return ast.parse(text, mode="eval").body


def _after_word(site: Site, node: Any) -> ast.expr:
    """`[saw(…), node][1]`."""
    both = ast.List([_word(site), node], ast.Load())
    return ast.copy_location(ast.Subscript(both, ast.Constant(1), ast.Load()), node)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Give every function that holds a check its code with the words."""
    from tests.mutation.mutants import codes, functions, plain

    for path in {one.path for one in sites()}:
        for code in codes(compile(probed(path), str(ROOT / path), "exec")):
            for function in functions().get((code.co_filename, plain(code.co_qualname), code.co_firstlineno), ()):
                if function.__code__.co_freevars == code.co_freevars:
                    function.__code__ = code


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Say whose moment it is."""
    _now[0] = item.nodeid
    yield
    _now[0] = ""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave what was seen, one file for each process."""
    if not _seen:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    told = {place: sorted(tests - {""}) for place, tests in sorted(_seen.items())}
    worker = os.environ.get("PYTEST_XDIST_WORKER", "one")
    (FOLDER / f"{worker}.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
