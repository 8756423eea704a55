# SPDX-License-Identifier: AGPL-3.0-or-later
from django import forms
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    """The ground floor: no business words here."""

    name = "dinamis.core"
    label = "core"

    def ready(self) -> None:
        """Register the checks, the mail handler, the rules of personal data; watch what API keys write."""
        # Django's own words name no repair.
        forms.Field.default_error_messages["required"] = _("This field is required: fill it in, or choose.")
        from dinamis.core import checks, holdings, keys, mail  # noqa: F401

        keys.watch()
