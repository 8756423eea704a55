# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what in which state, worked out from the transition tables and the predicates of the permissions.

A role is the set of predicates that hold for it; tests/architecture/test_permissions.py puts real people before real
rows and asks whether they do.
"""

import ast
from collections.abc import Iterable, Mapping

from rules.permissions import permissions

from dinamis.core.statemachine import By, StateMachine, Transition

_OF_THE_ORGANISATION = {
    "belongs_to_organisation",
    "is_member_of_organisation",
    "has_part_in_organisation",
    "has_part_in_block",
    "has_interest",
    "is_involved_in_item",
    "is_involved_in_review",
    "is_involved_in_adjustment",
    "is_involved_in_delivery",
    "is_involved_in_pool",
    "is_involved_in_provider_order",
}
_CONCERNED = {
    "is_self",
    "filed",
    "owns_api_client",
    "owns_project",
    "is_invitee",
    "is_successor",
    "asked_erasure",
    "is_requester",
    "is_requester_of_item",
    "is_requester_of_quote",
    "proposed_adjustment",
    "proposed_closing",
    "recorded_invoice",
    "is_requester_of_delivery",
    "is_party_of_pool",
    "is_requester_of_joined",
    "asked_to_join",
    "declared_absence",
    "owes",
}
PEOPLE: Mapping[str, frozenset[str]] = {
    "person concerned": frozenset(_CONCERNED | _OF_THE_ORGANISATION),
    "member of the organisation": frozenset(_OF_THE_ORGANISATION),
    "référent": frozenset(_OF_THE_ORGANISATION | {"is_referent_of_organisation", "is_party_of_pool", "pays_quote"}),
    "moderator": frozenset({"is_moderator"}),
    "moderator of the same organisation": frozenset(_OF_THE_ORGANISATION | {"is_moderator"}),
    "CNES or Airbus DS": frozenset({"is_opinion_giver", "speaks_for_body", "speaks_for_stage"}),
    "administrator": frozenset({"is_administrator"}),
    "anybody else": frozenset(),
}
"""The person concerned opened the adhesion, holds the membership or the key, made the order."""
OF_THE_ROW = frozenset({"is_key_of_organisation"})
"""What holds for everybody: the table shows an organisation's key, which is in more hands than a person's."""
OTHERS = {By.SIGNATORY: "legal representative (link)", By.SYSTEM: "DINAMIS itself", By.PROVIDER: "provider"}


def holds(permission: str, facts: Iterable[str]) -> bool:
    """Tell whether a permission holds where exactly the predicates named in `facts` do.

    Raises ValueError when the predicate is made of more than names, and, or, not.
    """
    return _value(_parsed(permission), frozenset(facts))


def _parsed(permission: str) -> ast.expr:
    return ast.parse(permissions[permission].name, mode="eval").body


def _value(node: ast.expr, facts: frozenset[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in facts
        case ast.UnaryOp(op=ast.Invert(), operand=inner):
            return not _value(inner, facts)
        case ast.BinOp(op=ast.BitAnd(), left=left, right=right):
            return _value(left, facts) and _value(right, facts)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _value(left, facts) or _value(right, facts)
    raise ValueError(f"not a predicate: {ast.unparse(node)}")


def table(machine: StateMachine) -> tuple[list[str], list[list[str]]]:
    """Return the roles that may ever move this machine, and a row for each state: its name, then their transitions."""
    everybody = (*PEOPLE, *OTHERS.values())
    roles = [role for role in everybody if any(_may(role, transition) for transition in machine.transitions)]
    rows = [
        [state, *(", ".join(t.name for t in machine.leaving(state) if _may(role, t)) for role in roles)]
        for state in machine.states
    ]
    return roles, rows


def _may(role: str, transition: Transition) -> bool:
    if role in PEOPLE:
        return By.PERSON in transition.by and holds(transition.permission, PEOPLE[role] | OF_THE_ROW)
    return any(OTHERS.get(kind) == role for kind in transition.by)
