# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db import models
from django.utils.translation import gettext_lazy as _

from dinamis.core.triggers import AppendOnly, RecordEvents
from licensing.enums import EligibilityClass


class FormRevision(models.Model):
    """The questions a class is asked beside those that every adhesion answers: data, in both languages. Append-only.

    `questions` is a list of mappings: `name`, `kind` (text, long_text, date, choice, identifier), `label` and `help`
    (`fr`, `en`), `required`, and where they apply `required_if` (field → values), `choices`, `max_length`.
    """

    eligibility_class = models.CharField(max_length=30, choices=EligibilityClass.choices)
    number = models.PositiveIntegerField()
    questions = models.JSONField()
    published_at = models.DateTimeField()

    class Meta:
        verbose_name = _("form revision")
        verbose_name_plural = _("form revisions")
        ordering = ("eligibility_class", "number")
        constraints = (
            models.UniqueConstraint(fields=["eligibility_class", "number"], name="licensing_form_revision_number"),
        )
        triggers = (AppendOnly(), RecordEvents(digest=("questions",)))

    def __str__(self) -> str:
        return f"{self.get_eligibility_class_display()} r{self.number}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the questions, in order."""
        return tuple(str(question["name"]) for question in self.questions)
