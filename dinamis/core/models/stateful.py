# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import ClassVar

from django.db import models

from dinamis.core.statemachine import StateMachine


class StatefulModel(models.Model):
    """A row with a state machine. Subclasses set `machine` and declare `state` with its choices and trigger."""

    machine: ClassVar[StateMachine]
    state: "models.CharField[str, str]"
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    def get_state_display(self) -> str:
        """Return the translated state; Django overrides it where choices are declared."""
        return str(self.state)
