# SPDX-License-Identifier: AGPL-3.0-or-later
"""Expressions brought to the kind a comparison wants. A value of another kind in a document is null, never an error."""

from typing import Any

from django.utils.translation import gettext as _

from dinamis.catalogue.cql2.fragments import Kind, Sql
from dinamis.catalogue.cql2.reading import POINTER
from dinamis.core.exceptions import Invalid

DOCUMENT = "(SELECT d.properties FROM catalogue_itemdocument d WHERE d.item_id = catalogue_item.id)"
# A moment inside a document is compared as the text it is: RFC 3339 in UTC sorts as time does.
_OF_DOCUMENT = {
    Kind.TEXT: "CASE WHEN jsonb_typeof({0}) = 'string' THEN {0} #>> '{{}}' END",
    Kind.MOMENT: "CASE WHEN jsonb_typeof({0}) = 'string' THEN ({0} #>> '{{}}') COLLATE \"C\" END",
    Kind.NUMBER: "CASE WHEN jsonb_typeof({0}) = 'number' THEN ({0})::float8 END",
    Kind.BOOLEAN: "CASE WHEN jsonb_typeof({0}) = 'boolean' THEN ({0})::boolean END",
    Kind.ARRAY: "CASE WHEN jsonb_typeof({0}) = 'array' THEN ARRAY(SELECT jsonb_array_elements_text({0})) END",
}


def of_document(name: str) -> Sql:
    """Return the member of an item's document called `name`, null where there is none."""
    return Sql(f"({DOCUMENT} -> %s)", Kind.ANY, (name,))


def as_kind(part: Sql, kind: Kind) -> Sql:
    """Return `part` as a value of `kind`. Raises Invalid when it can never be one."""
    if part.kind is kind:
        return part
    if part.kind is Kind.ANY and kind in _OF_DOCUMENT:
        template = _OF_DOCUMENT[kind]
        text = template.format(part.text)
        return Sql(f"({text})", kind, part.params * template.count("{0}"))
    if kind is Kind.NUMBER and isinstance(part.literal, str):
        return _number_in(part.literal)
    raise mismatch(part.kind, kind)


def _number_in(text: str) -> Sql:
    try:
        value = float(text)
    except ValueError as error:
        raise mismatch(Kind.TEXT, Kind.NUMBER) from error
    return Sql("%s::float8", Kind.NUMBER, (value,), value)


def alike(left: Sql, right: Sql) -> tuple[Sql, Sql]:
    """Return both sides as values of one kind: that of the side which has one; two members of documents are text."""
    if left.kind is right.kind and left.kind is not Kind.ANY:
        return left, right
    if right.kind is Kind.MOMENT and left.kind is Kind.ANY:
        return as_kind(left, Kind.MOMENT), moment_text(right)
    if left.kind is Kind.MOMENT and right.kind is Kind.ANY:
        return moment_text(left), as_kind(right, Kind.MOMENT)
    kind = _common(left, right)
    return as_kind(left, kind), as_kind(right, kind)


def _common(left: Sql, right: Sql) -> Kind:
    if Kind.ANY in {left.kind, right.kind}:
        known = right.kind if left.kind is Kind.ANY else left.kind
        return Kind.TEXT if known is Kind.ANY else known
    return right.kind if left.literal is not None else left.kind


def moment_text(part: Sql) -> Sql:
    """Return a moment as RFC 3339 text in UTC."""
    text = f'to_char({part.text} AT TIME ZONE \'UTC\', \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') COLLATE "C"'
    return Sql(text, Kind.MOMENT, part.params)


def mismatch(found: Kind, wanted: Kind) -> Invalid:
    """The error of a comparison between kinds that never compare."""
    return Invalid(
        _("A value of kind “%(found)s” stands where “%(wanted)s” is expected.")
        % {"found": found.value, "wanted": wanted.value},
        pointer=POINTER,
        repair=_("See the kind of each property in “queryables”."),
        code="filter_kind",
    )


def text_of(value: Any) -> str:
    """Return an element of an array as PostgreSQL writes it when a document is read: 1.0 is 1."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
