# SPDX-License-Identifier: AGPL-3.0-or-later
"""The production options of a product: which are allowed given the others, their defaults, what is wrong.

Pure: form, API and services ask the same functions. The schema is the provider's own (`dinamis.providers.base.Option`);
the rules it cannot say, or may have left out, are `RULES` (domain facts, 6.4).
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dinamis.core.exceptions import Invalid
from dinamis.providers.base import Option, OptionValue
from orders.domain.option_words import OPTIONS, VALUES

# What a requester chooses; what remains (priority, licence of the provider, delivery) is DINAMIS's to say.
REQUESTABLE = tuple(OPTIONS)
LONGEST_VALUE = 60
# WGS 84 / UTM, north and south, are allowed beside the projections that the schema lists for its own reference area.
UTM = re.compile(r"32[67](0[1-9]|[1-5][0-9]|60)")
Values = Mapping[str, str]
Conditions = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Schema:
    """What one product type lets choose."""

    product_type: str
    options: tuple[Option, ...]

    def option(self, name: str) -> Option | None:
        """Return an option by its name."""
        return next((option for option in self.options if option.name == name), None)


@dataclass(frozen=True)
class Offer:
    """An option as it stands given the others: whether it may be given at all, the values allowed, the present one."""

    option: Option
    applies: bool
    values: tuple[OptionValue, ...]
    value: str | None


def to_json(options: Iterable[Option]) -> list[dict[str, Any]]:
    """Return options as they are kept."""
    return [asdict(option) for option in options]


def from_json(data: Iterable[Mapping[str, Any]]) -> tuple[Option, ...]:
    """Return kept options as they were."""
    return tuple(
        Option(**{**one, "conditions": _conditions(one), "values": tuple(_value(value) for value in one["values"])})
        for one in data
    )


def _value(data: Mapping[str, Any]) -> OptionValue:
    return OptionValue(id=data["id"], label=data["label"], conditions=_conditions(data))


def _conditions(data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in data["conditions"].items()}


def with_defaults(schema: Schema, defaults: Values) -> Schema:
    """Return the schema with the house's own defaults, where the product has such a value."""
    return replace(
        schema,
        options=tuple(
            replace(option, default=defaults[option.name])
            if defaults.get(option.name) in {value.id for value in option.values}
            else option
            for option in schema.options
        ),
    )


def anywhere(schema: Schema) -> Schema:
    """Return the schema without the UTM zone of the area that the provider was asked about.

    Where no projection is named, a provider takes the zone of the place.
    """
    return replace(schema, options=tuple(_anywhere(option) for option in schema.options))


def _anywhere(option: Option) -> Option:
    if option.name != "projection":
        return option
    default = None if UTM.fullmatch(option.default or "") else option.default
    values = tuple(value for value in option.values if not UTM.fullmatch(value.id))
    return replace(option, default=default, values=values)


def option_label(name: str, schema: Schema | None = None) -> str:
    """Return what a reader calls an option."""
    option = schema.option(name) if schema else None
    return str(OPTIONS.get(name) or (option.label if option else name))


def value_label(name: str, value: str, schema: Schema | None = None) -> str:
    """Return what a reader calls a value."""
    if (words := VALUES.get((name, value))) is not None:
        return str(words)
    if name == "projection" and UTM.fullmatch(value):
        return f"UTM {int(value[3:])}{'N' if value[2] == '6' else 'S'} (EPSG:{value})"
    if name == "projection":
        return f"EPSG:{value}"
    if name == "elevation":
        return f"{value} m"
    option = schema.option(name) if schema else None
    return next((one.label for one in option.values if one.id == value), value) if option else value


def holds(conditions: Conditions, values: Values) -> bool:
    """Tell whether every other option named has one of the values under which something is allowed."""
    return all(values.get(name) in allowed for name, allowed in conditions.items())


def complete(schema: Schema, given: Values) -> dict[str, str]:
    """Return what was given with defaults for the rest: the schema's own, else the first that the others allow.

    Options that do not apply are left out; what was given stays as it is, right or wrong.
    """
    values = _implied(schema, given) | dict(given)
    fixed = dict(values)
    # An option may depend on one that stands after it: until nothing moves, and no schema can make that endless.
    for _round in range(len(schema.options) + 1):
        before = dict(values)
        for option in schema.options:
            if option.name not in fixed and option.name in REQUESTABLE:
                _fill(values, option)
        if values == before:
            break
    return values


def _implied(schema: Schema, given: Values) -> dict[str, str]:
    """What was given asks of options that nobody named: 8 bits ask for display, an elevation for projected."""
    asked: dict[str, str] = {}
    for name, value in given.items():
        option = schema.option(name)
        known = next((one for one in option.values if one.id == value), None) if option else None
        conditions = {**(option.conditions if option else {}), **(known.conditions if known else {})}
        for other, allowed in conditions.items():
            twin = schema.option(other)
            if other not in given and twin is not None and twin.default not in allowed:
                asked.setdefault(other, allowed[0])
    return asked


def settled(schema: Schema, given: Values, changed: str) -> dict[str, str]:
    """Return the options once `changed` was changed: what no longer goes with it is taken back to what follows."""
    kept = {changed: given[changed]} if changed in given else {}
    for name, value in given.items():
        trial = {**kept, name: value}
        if not refusals(schema, trial):
            kept = trial
    return complete(schema, kept)


def _fill(values: dict[str, str], option: Option) -> None:
    default = option.default
    if option.values and default is not None:
        allowed = [value.id for value in option.values if holds(value.conditions, values)]
        default = default if default in allowed else next(iter(allowed), None)
    if default is None or not holds(option.conditions, values):
        values.pop(option.name, None)
    else:
        values[option.name] = default


def offers(schema: Schema, given: Values) -> list[Offer]:
    """Return every option a requester chooses, as it stands given the others."""
    values = complete(schema, given)
    return [
        Offer(
            option,
            holds(option.conditions, values),
            tuple(value for value in option.values if holds(value.conditions, values)),
            values.get(option.name),
        )
        for option in schema.options
        if option.name in REQUESTABLE
    ]


def refusals(schema: Schema, given: Mapping[str, Any], others: Iterable[Schema] = ()) -> list[Invalid]:
    """Return what is wrong with the options given, one refusal for each: pointer `options/<name>`, reason, repair.

    `others` are the schemas of the other products, so that a value of one of them is called by its name.
    """
    values = complete(schema, {name: str(value) for name, value in given.items()})
    found = [error for name, value in given.items() if (error := _refusal(schema, name, value, values, others))]
    refused = {error.pointer for error in found}
    return found + [error for rule in RULES if (error := rule(values)) and error.pointer not in refused]


def _refusal(schema: Schema, name: str, value: Any, values: Values, others: Iterable[Schema]) -> Invalid | None:
    option = schema.option(name)
    if option is None or name not in REQUESTABLE:
        return _unknown(schema, name, others)
    if not isinstance(value, str) or len(value) > LONGEST_VALUE:
        return _invalid(name, "text", _("The value of an option is a short text."), _("Write it in quotes."))
    if not holds(option.conditions, values):
        return _condition(name, None, option.conditions, schema)
    if option.kind == "double":
        return _number(option, value)
    return _choice(schema, option, value, values, others)


def _unknown(schema: Schema, name: str, others: Iterable[Schema]) -> Invalid:
    label = option_label(name[:LONGEST_VALUE], schema)
    if schema.option(name) is not None:
        return _invalid(
            name,
            "reserved_option",
            _("“%(option)s” is decided by DINAMIS, not by a request.") % {"option": label},
            _("Leave it out."),
        )
    if any(other.option(name) for other in others):
        return _of_another(name, label)
    names = ", ".join(option.name for option in schema.options if option.name in REQUESTABLE)
    return _invalid(
        name,
        "unknown_option",
        _("There is no option “%(option)s”.") % {"option": label},
        _("The options of this product are: %(names)s.") % {"names": names},
    )


def _of_another(name: str, label: str) -> Invalid:
    return _invalid(
        name,
        "option_of_another_product",
        _("“%(option)s” belongs to another product.") % {"option": label},
        _("Leave it out, or choose the product that has it."),
    )


def _number(option: Option, value: str) -> Invalid | None:
    low, high = option.minimum, option.maximum
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if (low is None or low <= number) and (high is None or number <= high) and math.isfinite(number):
        return None
    return _invalid(
        option.name,
        "out_of_range",
        _("“%(value)s” is not a number between %(low)g and %(high)g.")
        % {"value": value, "low": low or 0, "high": high or 0},
        _("Write a number in metres."),
    )


def _choice(schema: Schema, option: Option, value: str, values: Values, others: Iterable[Schema]) -> Invalid | None:
    known = next((one for one in option.values if one.id == value), None)
    if known is not None:
        if holds(known.conditions, values):
            return None
        return _condition(option.name, value, known.conditions, schema)
    if option.name == "projection" and UTM.fullmatch(value):
        return None
    elsewhere = (one.id for other in others if (twin := other.option(option.name)) for one in twin.values)
    if value in elsewhere:
        return _of_another(option.name, value_label(option.name, value))
    return _invalid(
        option.name,
        "unknown_value",
        _("“%(value)s” is no value of “%(option)s”.") % {"value": value, "option": option_label(option.name, schema)},
        _("Choose one of: %(values)s.") % {"values": ", ".join(one.id for one in option.values)},
    )


def _condition(name: str, value: str | None, conditions: Conditions, schema: Schema) -> Invalid:
    """What must be otherwise: the first condition says it."""
    other, allowed = next(iter(conditions.items()))
    words = {
        "this": value_label(name, value, schema) if value else option_label(name, schema),
        "other": option_label(other, schema),
        "values": ", ".join(value_label(other, one, schema) for one in allowed),
    }
    return _invalid(
        name,
        "options_conflict",
        ngettext(
            "“%(this)s” goes only with this %(other)s: %(values)s.",
            "“%(this)s” goes only with one of these under “%(other)s”: %(values)s.",
            len(allowed),
        )
        % words,
        _("Change one of the two."),
    )


def _eight_bits(values: Values) -> Invalid | None:
    display, eight = values.get("radiometric_processing") == "display", values.get("pixel_coding") == "8bits"
    if display == eight or "pixel_coding" not in values or "radiometric_processing" not in values:
        return None
    return _invalid(
        "pixel_coding",
        "options_conflict",
        _("8 bits go with the display radiometry, and only with it."),
        _("Take 8 bits with “display”, 12 bits with “basic” or “reflectance”."),
    )


def _elevation(values: Values) -> Invalid | None:
    if "elevation" not in values or values.get("processing_level") == "projected":
        return None
    return _invalid(
        "elevation",
        "options_conflict",
        _("An elevation is given only for the projected level."),
        _("Leave it out, or choose “projected”."),
    )


def _projection(values: Values) -> Invalid | None:
    if "projection" not in values or values.get("processing_level") != "primary":
        return None
    return _invalid(
        "projection",
        "options_conflict",
        _("A primary image has no projection."),
        _("Leave it out, or choose “projected” or “ortho”."),
    )


RULES: tuple[Callable[[Values], Invalid | None], ...] = (_eight_bits, _elevation, _projection)


def json_schema(schema: Schema) -> dict[str, Any]:
    """Return the schema of `options` as JSON Schema (2020-12): values, defaults, and conditions as if/then."""
    offered = [option for option in schema.options if option.name in REQUESTABLE]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {option.name: _property(option, schema) for option in offered},
        "allOf": [
            *(_if(_has(option.name), option.conditions) for option in offered if option.conditions),
            *(
                _if(_has(option.name, value.id), value.conditions)
                for option in offered
                for value in option.values
                if value.conditions
            ),
        ],
    }


def _property(option: Option, schema: Schema) -> dict[str, Any]:
    described: dict[str, Any] = {"type": "string", "title": option_label(option.name, schema)}
    if option.default is not None:
        described["default"] = option.default
    values = [{"const": value.id, "title": value_label(option.name, value.id, schema)} for value in option.values]
    if option.name == "projection":
        described["anyOf"] = [*values, {"pattern": f"^{UTM.pattern}$", "title": "UTM (EPSG)"}]
    elif values:
        described["oneOf"] = values
    else:
        described["pattern"] = r"^-?[0-9]+(\.[0-9]+)?$"
        described["description"] = f"metres, {option.minimum:g} to {option.maximum:g}"
    return described


def _has(name: str, value: str | None = None) -> dict[str, Any]:
    rule: dict[str, Any] = {"required": [name]}
    return rule if value is None else {**rule, "properties": {name: {"const": value}}}


def _if(rule: Mapping[str, Any], conditions: Conditions) -> dict[str, Any]:
    return {"if": rule, "then": {"properties": {name: {"enum": list(values)} for name, values in conditions.items()}}}


def _invalid(name: str, code: str, message: str, repair: str) -> Invalid:
    return Invalid(message, pointer=f"options/{name[:LONGEST_VALUE]}", repair=repair, code=code)
