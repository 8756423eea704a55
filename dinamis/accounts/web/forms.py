# SPDX-License-Identifier: AGPL-3.0-or-later
from django import forms
from django.utils.translation import gettext_lazy as _


class SignupForm(forms.Form):
    """What we ask beside address and password when an account is created."""

    name = forms.CharField(
        label=_("First and last name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    def signup(self, request, user) -> None:
        """Keep the name (called by allauth once the account is saved)."""
        user.name = self.cleaned_data["name"].strip()
        user.save(update_fields=["name"])
