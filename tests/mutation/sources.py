# SPDX-License-Identifier: AGPL-3.0-or-later
"""The checks that stand inside functions, found by reading the source; each with the tree of the module without it.

A check is any of these, wherever it stands in our code:

- `x.has_perm(…)`: becomes True;
- an operand of the condition of `if …: raise NotPermitted` (or another REFUSAL): becomes False. Where the answer is
  "not found", only an operand that calls something: the others ask whether the thing exists at all;
- a call, for its effect alone, of a function that only holds such an `if`: is left out;
- `rows.visible_to(somebody)`: becomes all rows;
- a keyword of `filter()` and the like whose value is the person who asks: is left out;
- `has_…_permission()` of the admin, and `process_view()` of a middleware: let everybody through;
- in the set form of the decision, each condition joined by `&`.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("dinamis/core", "dinamis/accounts", "dinamis/catalogue", "licensing", "orders")
REFUSALS = {
    "NotPermitted",
    "NotEntitled",
    "KeyForbidden",
    "PermissionDenied",
    "AuthenticationFailed",
    "NotAuthenticated",
}
NOT_FOUND = {"NotVisible", "Http404"}
NARROWING = {"filter", "get", "get_object_or_404", "aget", "exclude", "first_or_404"}
ASKING = {"user", "person", "actor"}
SET_FORM = ("dinamis/catalogue/models/item.py", "dinamis/catalogue/selectors/viewer.py")


@dataclass(frozen=True)
class Site:
    """One check inside a function: where, what, and how the tree of its module looks without it."""

    path: str
    function: str
    line: int
    kind: str
    text: str
    place: tuple[int, ...]

    @property
    def name(self) -> str:
        """Where it stands: module and place in its tree."""
        return f"{self.path}:{'.'.join(map(str, self.place))}"

    @property
    def module(self) -> str:
        """The dotted name of the module."""
        return self.path.removesuffix(".py").replace("/", ".")


@cache
def paths() -> tuple[str, ...]:
    """Every module of ours that may hold a check."""
    found = (path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return tuple(sorted(path for path in found if "/migrations/" not in path))


@cache
def tree_of(path: str) -> ast.Module:
    """The module as it is."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def walk(node: ast.AST, place: tuple[int, ...] = (), names: tuple[str, ...] = ()) -> Iterator[tuple]:
    """Yield (node, its place in the tree, the names of what it stands in), functions and classes only."""
    inner = names
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        inner = (*names, node.name)
    for number, child in enumerate(ast.iter_child_nodes(node)):
        yield child, (*place, number), inner
        yield from walk(child, (*place, number), inner)


def at(tree: ast.AST, place: tuple[int, ...]) -> tuple[ast.AST, ast.AST]:
    """Return the node at a place, and its parent."""
    parent, node = tree, tree
    for number in place:
        parent, node = node, list(ast.iter_child_nodes(node))[number]
    return node, parent


def name_of(node: ast.AST) -> str:
    """The last name of a name or of a dotted path; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def raised(node: ast.If) -> str:
    """The name of the refusal a condition raises and does nothing else; empty otherwise."""
    last = node.body[-1]
    if not isinstance(last, ast.Raise) or last.exc is None:
        return ""
    return name_of(last.exc.func if isinstance(last.exc, ast.Call) else last.exc)


def calls(node: ast.AST, name: str = "") -> bool:
    """Whether anything, or something of this name, is called inside."""
    found = (one for one in ast.walk(node) if isinstance(one, ast.Call))
    return any(not name or name_of(one.func) == name for one in found)


def operands(test: ast.expr) -> list[ast.expr]:
    """What is joined by `or`."""
    return [inner for one in test.values for inner in operands(one)] if _is_or(test) else [test]


def _is_or(node: ast.AST) -> bool:
    return isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or)


def refusing(node: ast.If) -> list[ast.expr]:
    """The operands of a condition that are checks; those that ask `has_perm` are found as such."""
    name = raised(node)
    if name not in REFUSALS | NOT_FOUND:
        return []
    asked = [one for one in operands(node.test) if not calls(one, "has_perm")]
    return asked if name in REFUSALS else [one for one in asked if calls(one)]


def asks_for(node: ast.expr) -> bool:
    """Whether an expression is the person who asks, or their number."""
    if name_of(node) == "pk" and isinstance(node, ast.Attribute):
        return asks_for(node.value)
    return name_of(node) in ASKING


@cache
def guards(path: str) -> frozenset[str]:
    """The names of functions a module knows that refuse, give nothing back and write nothing."""
    tree, known = tree_of(path), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and _only_refuses(node):
            known.add(node.name)
        if isinstance(node, ast.ImportFrom) and (source := f"{(node.module or '').replace('.', '/')}.py") in paths():
            theirs = {one.name for one in ast.walk(tree_of(source)) if isinstance(one, ast.FunctionDef)}
            theirs &= {one.name for one in node.names}
            known |= theirs & guards(source) if theirs else set()
    return frozenset(known)


def _only_refuses(function: ast.FunctionDef) -> bool:
    inside = list(ast.walk(function))
    gives = any(isinstance(one, ast.Return) and one.value is not None for one in inside)
    writes = any(isinstance(one, ast.With) for one in inside) or calls(function, "save")
    return not gives and not writes and any(raised(one) in REFUSALS for one in inside if isinstance(one, ast.If))


def kind_of(node: ast.AST, path: str) -> tuple[str, str]:
    """What kind of check a node is, and its words; two empty strings when it is none."""
    if isinstance(node, ast.Call):
        name = name_of(node.func)
        if name == "has_perm" and node.args and not _of_super(node):
            return "asks a permission", ast.unparse(node.args[0])
        if name == "visible_to":
            return "narrows to what is visible", ast.unparse(node.func.value)
        if name in NARROWING and (mine := [one.arg for one in node.keywords if one.arg and asks_for(one.value)]):
            return "narrows to the person", f"{ast.unparse(node.func)} {', '.join(mine)}"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and name_of(node.value.func) in guards(path):
        return "calls a guard", ast.unparse(node.value.func)
    if isinstance(node, ast.FunctionDef) and (node.name == "process_view" or _of_admin(node.name)):
        return "lets through", node.name
    if path in SET_FORM and isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        return "joins a condition", ast.unparse(node.right)
    return "", ""


def _of_super(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and calls(node.func.value, "super")


def _of_admin(name: str) -> bool:
    return name.startswith("has_") and name.endswith("_permission") and name != "has_permission"


@cache
def sites() -> tuple[Site, ...]:
    """Every check inside a function, in the order of the files."""
    found = []
    for path in paths():
        refused: set[int] = set()
        for node, place, names in walk(tree_of(path)):
            if isinstance(node, ast.If):
                refused |= {id(one) for one in refusing(node)}
            kind, text = ("refuses", ast.unparse(node)) if id(node) in refused else kind_of(node, path)
            if kind:
                own = (node.name,) if kind == "lets through" else ()
                found.append(
                    Site(path, ".".join((*names, *own)), node.lineno, kind, " ".join(text.split())[:80], place)
                )
    return found


def without(site: Site) -> ast.Module:
    """The tree of the module without the check; every name stays in use, so that closures keep their cells."""
    tree = copy.deepcopy(tree_of(site.path))
    node, parent = at(tree, site.place)
    if site.kind == "lets through":
        answer = ast.Constant(None if node.name == "process_view" else True)
        node.body.insert(0, ast.copy_location(ast.Return(answer), node.body[0]))
    elif site.kind == "calls a guard":
        node.value = _kept(ast.Constant(None), node.value)
    else:
        replaced(parent, node, _kept(REPAIRS[site.kind](node), node))
    return ast.fix_missing_locations(tree)


def _narrower(node: ast.Call) -> ast.Call:
    left = [one for one in node.keywords if not (one.arg and asks_for(one.value))]
    return ast.Call(node.func, node.args, left)


REPAIRS: dict[str, Callable[[ast.AST], ast.expr]] = {
    "asks a permission": lambda node: ast.Constant(True),
    "refuses": lambda node: ast.Constant(False),
    "narrows to what is visible": lambda node: ast.Call(ast.Attribute(node.func.value, "all", ast.Load()), [], []),
    "narrows to the person": _narrower,
    "joins a condition": lambda node: node.left,
}


def _kept(new: ast.expr, old: ast.AST) -> ast.expr:
    """`[new, lambda: old][0]`."""
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    both = ast.List([new, ast.Lambda(nothing, copy.deepcopy(old))], ast.Load())
    return ast.copy_location(ast.Subscript(both, ast.Constant(0), ast.Load()), old)


def replaced(parent: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """Put a node in the place of another one below its parent."""
    for field, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, field, new)
        elif isinstance(value, list) and any(one is old for one in value):
            setattr(parent, field, [new if one is old else one for one in value])
