# SPDX-License-Identifier: AGPL-3.0-or-later

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.core import clock
from dinamis.core.triggers import HardTrigger

NOTES_CHANGE = "INSERT INTO catalogue_change (at) VALUES (dinamis_now()); RETURN NULL;"


class Change(models.Model):
    """That images were written: a row for each statement, to be seen as soon as what was written is seen.

    Two readings of the table that find the same rows saw the same images; see `selectors.stac_changes`.
    """

    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("change of images")
        verbose_name_plural = _("changes of images")

    def __str__(self) -> str:
        return f"{self.at}"


class NotesChange(HardTrigger):
    """Notes that a statement wrote rows of the table it stands on."""

    level = pgtrigger.Statement
    when = pgtrigger.After

    def __init__(self, *, operation: pgtrigger.core.Operations | pgtrigger.core.Operation) -> None:
        super().__init__(name="notes_change", operation=operation, func=NOTES_CHANGE)
