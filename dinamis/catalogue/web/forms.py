# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dinamis.core.areas import ACCEPTED, SUFFIXES


class AreaFileForm(forms.Form):
    """An area in a file, or drawn and too long for an address; what reads it says what is wrong with it."""

    area_file = forms.FileField(
        label=_("Area in a file"),
        required=False,
        help_text=ACCEPTED,
        widget=forms.FileInput(attrs={"accept": SUFFIXES}),
    )
    aoi = forms.CharField(required=False, widget=forms.HiddenInput)
    # Whether the last file was refused for the order of its axes only: then the box below is worth showing.
    axes_in_doubt = False
    axes_checked = forms.BooleanField(label=_("The axes are right"), required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        cleaned = super().clean() or {}
        if not cleaned.get("area_file") and not cleaned.get("aoi") and not self.errors:
            self.add_error("area_file", _("Choose the file of your area."))
        return cleaned
