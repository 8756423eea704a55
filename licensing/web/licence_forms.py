# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forms of the office's pages on licences."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.validators import validate_country
from licensing.enums import (
    Acceptors,
    Action,
    Contractors,
    Derived,
    EligibilityClass,
    EndDuty,
    LicenceFamily,
    Publication,
    Purpose,
    Sharing,
)
from licensing.models import Licence, LicenceVersion
from licensing.services.licence_settings import settings_of
from licensing.validators import validate_credit_line


class DraftForm(forms.Form):
    """Both texts of a version, and whether those who signed before must sign again."""

    text_fr = forms.CharField(
        label=_("Text in French"), widget=forms.Textarea(attrs={"rows": 18, "lang": "fr"}), strip=False
    )
    text_en = forms.CharField(
        label=_("Text in English"), widget=forms.Textarea(attrs={"rows": 18, "lang": "en"}), strip=False
    )
    material = forms.BooleanField(
        label=_("Those who signed before must sign again"),
        required=False,
        help_text=_("Leave it out for a correction that changes nobody’s rights or duties."),
    )
    grace_days = forms.IntegerField(
        label=_("Days during which the former signature still counts"), min_value=0, max_value=365
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @staticmethod
    def values_of(version: LicenceVersion) -> dict[str, Any]:
        """Return what the form shows of a version."""
        return {
            "text_fr": version.text_fr,
            "text_en": version.text_en,
            "material": version.material,
            "grace_days": version.grace_days,
            "version": version.version,
        }

    def texts(self) -> dict[str, Any]:
        """Return what the service takes; line ends as files have them, so that a fingerprint is the same everywhere."""
        data = self.cleaned_data
        return {
            "text_fr": data["text_fr"].replace("\r\n", "\n"),
            "text_en": data["text_en"].replace("\r\n", "\n"),
            "material": data["material"],
            "grace_days": data["grace_days"],
        }


class PublishForm(forms.Form):
    """The word that puts a text in force."""

    confirm = forms.BooleanField(label=_("I have read the effect above and publish this version"))
    version = forms.IntegerField(widget=forms.HiddenInput)


class CountriesField(forms.CharField):
    """Two-letter codes, separated by spaces or commas."""

    def to_python(self, value: Any) -> Any:
        """Return the list of codes in upper case, each once."""
        return list(dict.fromkeys(str(value or "").upper().replace(",", " ").split()))

    def validate(self, value: Any) -> None:
        """Check each code."""
        for code in value:
            validate_country(code)

    def run_validators(self, value: Any) -> None:
        """Nothing more than `validate`: the value is a list."""

    def prepare_value(self, value: Any) -> Any:
        """Write a list as it is typed."""
        return " ".join(value) if isinstance(value, list) else value


def _several(label: Any, choices: Any, help_text: Any = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple, help_text=help_text
    )


class SettingsForm(forms.Form):
    """What a licence allows; the reason is kept with the change."""

    name_fr = forms.CharField(label=_("Name in French"), max_length=200)
    name_en = forms.CharField(label=_("Name in English"), max_length=200)
    family = forms.ChoiceField(label=_("Family"), choices=LicenceFamily.choices)
    acceptors = forms.ChoiceField(label=_("Who signs"), choices=Acceptors.choices)
    signed_per_project = forms.BooleanField(label=_("Each person signs again for every project"), required=False)
    classes = _several(_("Classes admitted"), EligibilityClass.choices)
    countries_allowed = CountriesField(
        label=_("Countries admitted"), required=False, help_text=_("Two-letter codes; nothing means every country.")
    )
    countries_denied = CountriesField(label=_("Countries not admitted"), required=False)
    nationality_classes = _several(
        _("Classes of which the nationality condition is asked"),
        EligibilityClass.choices,
        _("Where it is asked, only a checked “yes” opens a right."),
    )
    actions = _several(_("Actions"), Action.choices)
    purposes = _several(_("Purposes"), Purpose.choices)
    contractors = forms.ChoiceField(label=_("Contractors"), choices=Contractors.choices)
    sharing = forms.ChoiceField(label=_("To whom the images may be handed"), choices=Sharing.choices)
    derived = forms.ChoiceField(label=_("Derived products that may be spread"), choices=Derived.choices)
    publication = forms.ChoiceField(label=_("Publication of the images"), choices=Publication.choices)
    retention_days = forms.IntegerField(
        label=_("Days a file may be kept"), required=False, min_value=1, help_text=_("Nothing: until the right ends.")
    )
    embargo_days = forms.IntegerField(
        label=_("Days after the acquisition before anybody may use an image"), min_value=0, max_value=3660
    )
    end_duty = forms.ChoiceField(label=_("Files at the end of the right"), choices=EndDuty.choices)
    credit_line = forms.CharField(
        label=_("Credit line"),
        required=False,
        max_length=200,
        validators=[validate_credit_line],
        help_text=_("{year} becomes the year of acquisition, {sensor} the name of the sensor."),
    )
    provisional = forms.BooleanField(label=_("The text stands in for the official one"), required=False)
    sources = forms.CharField(label=_("Sources"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    words = forms.CharField(
        label=_("Why this change"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    @staticmethod
    def values_of(licence: Licence) -> dict[str, Any]:
        """Return what the form shows of a licence."""
        return {**settings_of(licence), "revision": licence.revision}

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"words", "revision"}}
