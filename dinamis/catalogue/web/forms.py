# SPDX-License-Identifier: AGPL-3.0-or-later
from django import forms
from django.utils.translation import gettext_lazy as _

from dinamis.core.areas import ACCEPTED, SUFFIXES


class AreaFileForm(forms.Form):
    """A file that holds an area; read by the service, which explains what is wrong with it."""

    area_file = forms.FileField(
        label=_("Area in a file"), help_text=ACCEPTED, widget=forms.FileInput(attrs={"accept": SUFFIXES})
    )
    # Whether the last file was refused for the order of its axes only: then the box below is worth showing.
    axes_in_doubt = False
    axes_checked = forms.BooleanField(label=_("The axes are right"), required=False)
