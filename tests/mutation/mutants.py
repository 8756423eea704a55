# SPDX-License-Identifier: AGPL-3.0-or-later
"""One mutant for each permission check: the running site without it, for the time of one test.

Checks inside functions are found in the source (sources.py); the others in what the running site registered: the
permissions and their predicates, the arrows of the state machines, decorators of views, the views of the API, the
conditions of the decision, the triggers for four eyes. Nothing is written to disk: the code of a function, an entry of
a register or an attribute is replaced, and put back.
"""

import ast
import copy
import gc
import importlib
import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any
from unittest import mock

import rules
from django.apps import apps
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView
from rules.permissions import permissions

from dinamis.accounts.enums import ApiScope
from dinamis.core.management.commands.generate_docs import machines
from dinamis.core.statemachine import By
from licensing.selectors import decision
from licensing.triggers import FourEyes
from tests.mutation.sources import ROOMS, ROOT, Site, calls, name_of, paths, sites, tree_of, without

RULES = tuple(f"{room}/rules.py" for room in ROOMS)


@dataclass(frozen=True)
class Mutant:
    """A check and how to take it out. `words` are what a test that notices may speak of; `views`, the routes it guards.

    `area` is the file the check stands in, `places` the sites a test must come by to notice.
    """

    name: str
    kind: str
    area: str
    take_out: Callable[[], Any] = field(compare=False)
    words: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


def mutants() -> list[Mutant]:
    """Every mutant, with names that stay when lines move."""
    found = [
        *(_of_site(site) for site in sites()),
        *_predicates(),
        *_permissions(),
        *_arrows(),
        *_decorated(),
        *_api(),
        *_conditions(),
        *_triggers(),
    ]
    seen: Counter[str] = Counter()
    named = []
    for one in found:
        seen[one.name] += 1
        again = f" ({seen[one.name]})" if seen[one.name] > 1 else ""
        named.append(replace(one, name=f"{one.name}{again}"))
    return named


# --- functions ---


@cache
def functions() -> dict[tuple[str, str, int], list[FunctionType]]:
    """Every function of ours that is alive, decorated ones and closures too."""
    for site in sites():
        importlib.import_module(site.module)
    found: dict[tuple[str, str, int], list[FunctionType]] = {}
    for one in gc.get_objects():
        # `isinstance` would ask a weak proxy for the class of an object that may be gone.
        if type(one) is FunctionType and one.__code__.co_filename.startswith(str(ROOT)):
            code = one.__code__
            found.setdefault((code.co_filename, plain(code.co_qualname), code.co_firstlineno), []).append(one)
    return found


def plain(name: str) -> str:
    """A qualified name as the sites have it."""
    return name.replace(".<locals>", "")


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code and all codes inside it."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from codes(one)


@contextmanager
def _without_site(site: Site) -> Iterator[None]:
    """Give the function the code it would have without the check.

    A function that is made anew at each call of another one is changed through that one.
    """
    whole = compile(without(site), str(ROOT / site.path), "exec")
    inside = [code for code in codes(whole) if code.co_firstlineno <= site.line]
    alive, name = [], site.function
    while name and not alive:
        new = [code for code in inside if plain(code.co_qualname) == name]
        alive = functions().get((new[-1].co_filename, name, new[-1].co_firstlineno), []) if new else []
        name = name.rpartition(".")[0]
    assert alive, f"{site.path}: {site.function} is not in use"
    old = alive[0].__code__
    for function in alive:
        function.__code__ = new[-1]
    try:
        yield
    finally:
        for function in alive:
            function.__code__ = old


def _of_site(site: Site) -> Mutant:
    last = site.function.rpartition(".")[2]
    return Mutant(
        f"{site.path} {site.function}: {site.kind} {site.text}",
        site.kind,
        site.path,
        lambda: _without_site(site),
        (last, *site.function.split(".")[:-1], *_callers(site.path, last), site.text.strip("'\"")),
        _routes_of(site),
        (site.name,),
    )


def _routes_of(site: Site) -> tuple[str, ...]:
    """The routes a check stands before: those of its view, of the views it decorates, or of its module."""
    first = site.function.split(".")[0]
    decorated = tuple(one.views for one in _decorated() if one.name.endswith(f"@{first}"))
    return tuple(view for views in decorated for view in views) or _views_of(site.module, site.function)


@cache
def _callers(path: str, function: str) -> tuple[str, ...]:
    """The functions of a module that call another one of it."""
    known = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef)]
    return tuple(node.name for node in known if node.name != function and calls(node, function))


# --- permissions and predicates ---


def _predicates() -> Iterator[Mutant]:
    for path in RULES:
        if not (ROOT / path).exists():
            continue
        module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
        for node in tree_of(path).body:
            if isinstance(node, ast.FunctionDef):
                predicate = getattr(module, node.name)
                yield Mutant(
                    f"{path} {node.name}: always holds",
                    "predicate",
                    path,
                    lambda predicate=predicate: mock.patch.object(predicate, "fn", _always(predicate.num_args)),
                    (node.name, *(word for name in _needing(node.name) for word in (name, *_verbs_of(name)))),
                    tuple(view for name in _needing(node.name) for view in _views_asking(name)),
                )


def _needing(predicate: str) -> list[str]:
    """The permissions whose formula names a predicate."""
    return sorted(name for name, known in permissions.items() if re.search(rf"\b{predicate}\b", known.name))


def _always(arguments: int) -> Callable[..., bool]:
    return (lambda: True, lambda one: True, lambda one, other: True)[arguments]


def _permissions() -> Iterator[Mutant]:
    """A permission that everybody has; and, where predicates are joined by `and`, each left out."""
    for path in RULES:
        if not (ROOT / path).exists():
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and name_of(node.func) == "add_perm":
                name, formula = node.args[0].value, node.args[1]
                yield _permission(path, name, "everybody has it", rules.always_true)
                module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
                for left_out, rest in _looser(formula):
                    yield _permission(path, name, f"without {left_out}", eval(rest, vars(module)))


def _permission(path: str, name: str, what: str, predicate: Any) -> Mutant:
    change = lambda: mock.patch.dict(permissions, {name: predicate})  # noqa: E731
    words = (name, *_verbs_of(name))
    places = tuple(site.name for site in sites() if _asked(site) == name)
    return Mutant(f"{path} {name}: {what}", "permission", path, change, words, _views_asking(name), places)


def _looser(formula: ast.expr) -> Iterator[tuple[str, str]]:
    """Yield (what is left out, what is left) for each side of each `&`."""
    ands = [one for one in ast.walk(formula) if isinstance(one, ast.BinOp) and isinstance(one.op, ast.BitAnd)]
    for number, _one in enumerate(ands):
        for side, other in (("left", "right"), ("right", "left")):
            tree = ast.Expression(copy.deepcopy(formula))
            node = [o for o in ast.walk(tree) if isinstance(o, ast.BinOp) and isinstance(o.op, ast.BitAnd)][number]
            dropped = ast.unparse(getattr(node, side))
            kept = getattr(node, other)
            rest = kept if node is tree.body else _Swap(node, kept).visit(tree)
            yield dropped, ast.unparse(rest)


class _Swap(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """Swap, or look further inside."""
        return self.new if node is self.old else self.generic_visit(node)


@cache
def _verbs_of(permission: str) -> tuple[str, ...]:
    """The functions that ask for a permission by its name, and who calls them."""
    asking = [(site.path, site.function.rpartition(".")[2]) for site in sites() if _asked(site) == permission]
    return tuple(name for path, function in asking for name in (function, *_callers(path, function)))


@cache
def _views_asking(permission: str) -> tuple[str, ...]:
    """The routes before which a permission is asked."""
    return tuple(view for site in sites() if _asked(site) == permission for view in _routes_of(site))


def _asked(site: Site) -> str:
    """The permission a check asks for."""
    return site.text.strip("'\"") if site.kind == "asks a permission" else ""


# --- state machines ---


def _arrows() -> Iterator[Mutant]:
    for machine in machines():
        area = f"{importlib.import_module(apps.get_model(machine.aggregate).__module__).__name__}".replace(".", "/")
        for arrow in machine.transitions:
            name = f"{machine.aggregate} {arrow.name}"
            words = (arrow.name, arrow.permission, machine.aggregate.rpartition(".")[2])
            if arrow.permission:
                take = lambda arrow=arrow: _open_to_all(arrow)  # noqa: E731
                yield Mutant(f"{name}: any person may", "arrow", area, take, words)
            if set(arrow.by) != set(By):
                take = lambda arrow=arrow: _set(arrow, "by", tuple(By))  # noqa: E731
                yield Mutant(f"{name}: any kind of actor may", "arrow", area, take, words)


@contextmanager
def _open_to_all(arrow: Any) -> Iterator[None]:
    """Give an arrow a permission that everybody has, known as long as the mutant lives."""
    rules.add_perm("mutation.anybody", rules.always_true)
    try:
        with _set(arrow, "permission", "mutation.anybody"):
            yield
    finally:
        rules.remove_perm("mutation.anybody")


@contextmanager
def _set(thing: Any, name: str, value: Any) -> Iterator[None]:
    """Change an attribute, of a frozen thing too."""
    own, old = name in vars(thing), getattr(thing, name)
    _assign(thing, name, value)
    try:
        yield
    finally:
        _assign(thing, name, old) if own else delattr(thing, name)


def _assign(thing: Any, name: str, value: Any) -> None:
    (type if isinstance(thing, type) else object).__setattr__(thing, name, value)


# --- views ---


@cache
def patterns() -> tuple[tuple[str, URLPattern], ...]:
    """Every route with its name."""

    def below(resolver: Any, spaces: tuple[str, ...], prefix: str) -> Iterator[tuple[str, URLPattern]]:
        for entry in resolver.url_patterns:
            whole = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from below(entry, (*spaces, entry.namespace) if entry.namespace else spaces, whole)
            else:
                yield ":".join((*spaces, entry.name or f"({whole})")), entry

    return tuple(below(get_resolver(), (), ""))


def _view_of(pattern: URLPattern) -> tuple[str, str]:
    """The module and name of the function or class behind a route."""
    view = pattern.callback
    known = getattr(view, "view_class", None) or getattr(view, "cls", None) or inspect.unwrap(view)
    return getattr(known, "__module__", ""), getattr(known, "__qualname__", "")


@cache
def _views_of(module: str, function: str) -> tuple[str, ...]:
    """The routes a function answers; of a helper, those of its module."""
    first = function.split(".", maxsplit=1)[0]
    own = [name for name, pattern in patterns() if _view_of(pattern) == (module, first)]
    return tuple(own or [name for name, pattern in patterns() if _view_of(pattern)[0] == module])


@cache
def guard_decorators() -> frozenset[str]:
    """`login_required`, and the decorators of ours that ask who somebody is."""
    asking = {site.function.split(".")[0] for site in sites() if site.kind == "asks a permission"}
    found = {login_required.__name__}
    for path in paths():
        for node in tree_of(path).body:
            if isinstance(node, ast.FunctionDef) and any(isinstance(one, ast.FunctionDef) for one in node.body):
                inner = {name_of(one) for one in ast.walk(node) if isinstance(one, ast.Attribute)}
                if node.name in asking or (inner & {"is_authenticated"} and node.name.endswith(("_required", "_only"))):
                    found.add(node.name)
    return frozenset(found)


@cache
def _decorated() -> tuple[Mutant, ...]:
    """A view without one of its decorators that ask who somebody is."""
    return tuple(_each_decorated())


def _each_decorated() -> Iterator[Mutant]:
    for path in paths():
        module = path.removesuffix(".py").replace("/", ".")
        for node in tree_of(path).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            for number, one in enumerate(node.decorator_list):
                if name_of(one) in guard_decorators():
                    views = tuple(n for n, pattern in patterns() if _view_of(pattern) == (module, node.name))
                    take = lambda p=path, f=node.name, n=number: _undecorated(p, f, n)  # noqa: E731
                    name = f"{path} {node.name}: without @{name_of(one)}"
                    yield Mutant(name, "decorator", path, take, (node.name, *views), views)


@contextmanager
def _undecorated(path: str, function: str, number: int) -> Iterator[None]:
    """Let the routes of a view answer with what a second reading of its module makes of it."""
    tree = copy.deepcopy(tree_of(path))
    node = next(one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == function)
    del node.decorator_list[number]
    again = ModuleType(path.removesuffix(".py").replace("/", "."))
    exec(compile(tree, str(ROOT / path), "exec"), vars(again))
    new = getattr(again, function)
    touched = [(one, one.callback) for _name, one in patterns() if _view_of(one) == (again.__name__, function)]
    assert touched, f"no route leads to {path} {function}"
    for pattern, _old in touched:
        pattern.callback = new
    try:
        yield
    finally:
        for pattern, old in touched:
            pattern.callback = old


def _api() -> Iterator[Mutant]:
    """A view of the API that asks nobody who they are; and one that any key opens."""
    views = {}
    for name, pattern in patterns():
        view = getattr(pattern.callback, "cls", None)
        if isinstance(view, type) and issubclass(view, APIView) and view.__module__.startswith(_ours()):
            views.setdefault(view, []).append(name)
    for view, names in views.items():
        area = f"{view.__module__.replace('.', '/')}.py"
        if set(view.permission_classes) != {AllowAny}:
            take = lambda view=view: _set(view, "permission_classes", (AllowAny,))  # noqa: E731
            yield Mutant(f"{area} {view.__name__}: open to all", "api", area, take, tuple(names), tuple(names))
            if set(getattr(view, "scopes", ())) != set(ApiScope):
                take = lambda view=view: _set(view, "scopes", tuple(ApiScope))  # noqa: E731
                yield Mutant(f"{area} {view.__name__}: any scope", "api", area, take, tuple(names), tuple(names))
            if getattr(view, "changing_scopes", ()):
                take = lambda view=view: _set(view, "changing_scopes", tuple(ApiScope))  # noqa: E731
                yield Mutant(f"{area} {view.__name__}: any scope changes", "api", area, take, tuple(names))


def _ours() -> tuple[str, ...]:
    return tuple(room.replace("/", ".") for room in ROOMS)


# --- the decision, and the database ---


def _conditions() -> Iterator[Mutant]:
    area = "licensing/selectors/conditions.py"
    for column, code in decision.CONDITIONS:
        left = tuple(one for one in decision.CONDITIONS if one[0] != column)
        take = lambda left=left: mock.patch.object(decision, "CONDITIONS", left)  # noqa: E731
        yield Mutant(f"{area} {column}: not asked", "condition", area, take, (column, code.value))


def _triggers() -> Iterator[Mutant]:
    for model in apps.get_models():
        for trigger in getattr(model._meta, "triggers", ()):
            if isinstance(trigger, FourEyes):
                area = f"{model.__module__.replace('.', '/')}.py"
                take = lambda m=model, t=trigger: _disabled(m, t)  # noqa: E731
                yield Mutant(f"{model._meta.label} {trigger.name}: no trigger", "trigger", area, take)


@contextmanager
def _disabled(model: Any, trigger: Any) -> Iterator[None]:
    """Switch a trigger off: committed where the test commits, undone with it elsewhere."""
    table, name = model._meta.db_table, trigger.get_pgid(model)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    try:
        yield
    finally:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {name}")
        except DatabaseError:
            # The transaction is broken, and takes the change with it.
            assert connection.in_atomic_block
