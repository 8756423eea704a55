# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which tables hold facts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model

from dinamis.core.triggers import RecordEvents


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was signed for: the row and what differs."""

    table: str
    object_id: int | None
    what: str

    def __str__(self) -> str:
        return f"{self.table} {'' if self.object_id is None else self.object_id}: {self.what}"


Check = Callable[[], Iterator[Finding]]
_checks: list[Check] = []


def extra_check(check: Check) -> Check:
    """Let an app add what it alone knows how to verify; `check` yields findings."""
    if check not in _checks:
        _checks.append(check)
    return check


def extra_checks() -> tuple[Check, ...]:
    """Return the checks that apps added."""
    return tuple(_checks)


def recorder_of(model: type[Model]) -> RecordEvents | None:
    """Return the trigger that records the events of `model`, if it is tracked."""
    triggers: Any = getattr(model._meta, "triggers", ())
    return next((trigger for trigger in triggers if isinstance(trigger, RecordEvents)), None)


def tracked() -> list[tuple[type[Model], RecordEvents]]:
    """Return every tracked model with its trigger, sorted by table."""
    found = [(model, recorder) for model in apps.get_models() if (recorder := recorder_of(model))]
    return sorted(found, key=lambda pair: pair[0]._meta.db_table)
