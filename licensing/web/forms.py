# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from dinamis.accounts.models import Organisation
from dinamis.accounts.services.organisation import OrganisationData
from dinamis.accounts.validators import (
    tidied_identifier,
    validate_country,
    validate_ror,
    validate_siret,
    validate_uai,
)
from dinamis.core import clock
from dinamis.core.widgets import DayInput
from licensing.enums import EligibilityClass
from licensing.models import Adhesion, Project
from licensing.selectors.adhesion import joinable_organisations
from licensing.services.evidence import too_large
from licensing.web.answers import answer_field

if TYPE_CHECKING:
    ProjectModelForm = forms.ModelForm[Project]
else:
    ProjectModelForm = forms.ModelForm

ENTITY_FIELDS = ("name", "acronym", "country", "siret", "uai", "ror", "sector", "city")


def choice(form: forms.Form, name: str) -> forms.ChoiceField:
    """Return a choice field whose choices depend on the page."""
    return cast("forms.ChoiceField", form.fields[name])


class IdentifierField(forms.CharField):
    """A number of a public register, tidied and checked as the model does; it may be missing."""

    def __init__(self, check, **options):
        super().__init__(max_length=40, required=False, **options)
        self.check = check

    def clean(self, value):
        """Return the tidied number, or "". Raises ValidationError."""
        number = tidied_identifier(super().clean(value))
        if number:
            self.check(number)
        return number


class JoinForm(forms.Form):
    """Ask to belong to an organisation whose adhesion is in force."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Organisation"), widget=forms.RadioSelect
    )
    motivation = forms.CharField(
        label=_("Why you need access"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One or two sentences for the DINAMIS référent of the organisation."),
    )

    def __init__(self, *args, found, **kwargs):
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Organisation]", self.fields["organisation"])
        field.queryset = joinable_organisations(clock.now())
        field.choices = [(organisation.pk, self.words(organisation)) for organisation in found]

    @staticmethod
    def words(organisation):
        """Name, acronym and city, enough to tell two apart."""
        extra = " · ".join(part for part in (organisation.acronym, organisation.city) if part)
        return f"{organisation.name} ({extra})" if extra else organisation.name


class EntityForm(forms.Form):
    """Block 1 of an adhesion: the legal entity."""

    name = forms.CharField(label=_("Name of the organisation"), max_length=200)
    acronym = forms.CharField(label=_("Acronym"), max_length=30, required=False)
    country = forms.CharField(
        label=_("Country"),
        max_length=2,
        initial="FR",
        help_text=_("Two-letter code, for example FR."),
        widget=forms.TextInput(attrs={"class": "short", "autocomplete": "country"}),
    )
    siret = IdentifierField(
        validate_siret,
        label=_("SIRET"),
        help_text=_("14 digits; due for organisations established in France."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    uai = IdentifierField(validate_uai, label=_("UAI"), help_text=_("For schools and universities, e.g. 0750736T."))
    ror = IdentifierField(validate_ror, label="ROR", help_text=_("For research organisations, e.g. 02feahw73."))
    city = forms.CharField(label=_("City"), max_length=120, required=False)

    def clean_country(self):
        """Check the code as the model does."""
        value = self.cleaned_data["country"].strip().upper()
        validate_country(value)
        return value


class RegistryForm(forms.Form):
    """Look an organisation up by its number; finding nothing is no obstacle."""

    number = forms.CharField(
        label=_("SIRET, UAI or ROR of the organisation"),
        max_length=40,
        help_text=_("Fills the form in from the public registers. Without it, write freely."),
    )


class NewAdhesionForm(EntityForm):
    """What opens a draft: the class and the entity."""

    eligibility_class = forms.ChoiceField(
        label=_("Class of the organisation"), choices=EligibilityClass.choices, widget=forms.RadioSelect
    )
    field_order = ("eligibility_class", *ENTITY_FIELDS)

    def data_of(self) -> OrganisationData:
        """Return the entity described."""
        return OrganisationData(**{name: self.cleaned_data.get(name, "") for name in ENTITY_FIELDS})


class DraftForm(forms.Form):
    """The four blocks of a draft; every field may wait, nothing is lost when the page is left."""

    name = forms.CharField(label=_("Name of the organisation"), max_length=200)
    acronym = forms.CharField(label=_("Acronym"), max_length=30, required=False)
    country = forms.CharField(label=_("Country"), max_length=2, help_text=_("Two-letter code, for example FR."))
    siret = IdentifierField(validate_siret, label=_("SIRET"))
    uai = IdentifierField(validate_uai, label=_("UAI"))
    ror = IdentifierField(validate_ror, label="ROR")
    city = forms.CharField(label=_("City"), max_length=120, required=False)
    sector = forms.CharField(
        label=_("Sector of activity"),
        max_length=120,
        required=False,
        help_text=_("For example: research, local authority."),
    )
    mission = forms.CharField(
        label=_("Mission and intended use of the imagery"), widget=forms.Textarea(attrs={"rows": 5}), required=False
    )
    legal_representative_name = forms.CharField(label=_("First and last name"), max_length=150, required=False)
    legal_representative_title = forms.CharField(label=_("Function"), max_length=150, required=False)
    legal_representative_email = forms.EmailField(
        label=_("E-mail address"), required=False, help_text=_("The one-time link to sign goes to this address.")
    )

    entity_block = ("name", "acronym", "country", "siret", "uai", "ror", "city")
    representative_block = ("legal_representative_name", "legal_representative_title", "legal_representative_email")

    def __init__(self, *args, adhesion: Adhesion, **kwargs):
        self.adhesion = adhesion
        kwargs.setdefault("initial", self.values_of(adhesion))
        super().__init__(*args, **kwargs)
        for question in adhesion.form_revision.questions:
            self.fields[question["name"]] = answer_field(question)
        if adhesion.state != "draft":
            for name in (*self.entity_block, "sector", *self.representative_block):
                del self.fields[name]

    @staticmethod
    def values_of(adhesion: Adhesion) -> dict[str, Any]:
        """Return what the draft says now."""
        entity = {name: getattr(adhesion.organisation, name) for name in ENTITY_FIELDS}
        representative = {name: getattr(adhesion, name) for name in DraftForm.representative_block}
        return {**entity, **representative, "mission": adhesion.mission, **adhesion.answers}

    @property
    def answers(self):
        """The fields of the class's own questions, in order."""
        return [self[name] for name in self.adhesion.form_revision.names]

    def values(self) -> dict[str, Any]:
        """Return what the service takes; a field that is wrong keeps what was saved before."""
        data = self.cleaned_data
        values = {name: data[name] for name in (*self.representative_block, "mission") if name in data}
        if "name" in self.fields:
            before = self.adhesion.organisation
            entity = {name: data.get(name, getattr(before, name)) for name in ENTITY_FIELDS}
            values["organisation"] = OrganisationData(**entity)
        answers = {name: data[name] for name in self.adhesion.form_revision.names if name in data}
        if answers:
            values["answers"] = answers
        return values


class EvidenceForm(forms.Form):
    """One document."""

    title = forms.CharField(label=_("What this document is"), max_length=200)
    file = forms.FileField(label=_("Document"), help_text=_("PDF, PNG or JPEG, at most 10 MB."), allow_empty_file=True)

    def __init__(self, *args, cut=False, **kwargs):
        super().__init__(*args, **kwargs)
        if cut:
            error = too_large()
            self.fields["file"].error_messages["required"] = f"{error} {error.repair}"


class SignatureForm(forms.Form):
    """One unticked box per text, the typed name, and the text's fingerprint as it was shown."""

    typed_name = forms.CharField(
        label=_("Your first and last name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    name_confirmed = forms.BooleanField(label=_("The name typed above is mine, though it differs"), required=False)

    def __init__(self, *args, versions, language, confirm_name=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.versions = versions
        self.language = language
        for version in versions:
            self.fields[f"text-{version.pk}"] = forms.BooleanField(
                label=_("I have read this text and accept it"), required=False
            )
            self.fields[f"sha256-{version.pk}"] = forms.CharField(
                widget=forms.HiddenInput, initial=version.sha256_in(language)
            )
        self.fields["language"] = forms.ChoiceField(
            choices=[("fr", "fr"), ("en", "en")], widget=forms.HiddenInput, initial=language
        )
        if not confirm_name:
            del self.fields["name_confirmed"]

    def rows(self):
        """Return (version, tick box, hidden fingerprint) for the page."""
        return [(version, self[f"text-{version.pk}"], self[f"sha256-{version.pk}"]) for version in self.versions]

    def accepted(self) -> list[dict[str, Any]]:
        """Return the ticked texts."""
        data = self.cleaned_data
        return [
            {"version_id": version.pk, "language": data["language"], "sha256": data[f"sha256-{version.pk}"]}
            for version in self.versions
            if data.get(f"text-{version.pk}")
        ]


class OwnSignatureForm(forms.Form):
    """An unticked box, the typed name, and the mark of what the page showed."""

    accept = forms.BooleanField(
        label=_("I have read this text and accept it"),
        error_messages={"required": _("Tick the box to accept the text.")},
    )
    project = forms.ModelChoiceField(
        label=_("Project you sign for"), queryset=Project.objects.none(), required=False, empty_label=_("no project")
    )
    typed_name = SignatureForm.base_fields["typed_name"]
    name_confirmed = SignatureForm.base_fields["name_confirmed"]
    mark = forms.CharField(widget=forms.HiddenInput)
    language = forms.ChoiceField(choices=[("fr", "fr"), ("en", "en")], widget=forms.HiddenInput)

    def __init__(self, *args, user, per_project, confirm_name=False, **kwargs):
        super().__init__(*args, **kwargs)
        if per_project:
            cast("forms.ModelChoiceField[Project]", self.fields["project"]).queryset = Project.objects.visible_to(user)
        else:
            del self.fields["project"]
        if not confirm_name:
            del self.fields["name_confirmed"]


class CodeForm(forms.Form):
    """The six digits that were mailed."""

    code = forms.CharField(
        label=_("Code received by mail"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "code"}),
    )


class DeclineForm(forms.Form):
    """Why the legal representative does not sign."""

    reason = forms.CharField(label=_("Your reason"), widget=forms.Textarea(attrs={"rows": 3}))


class ProjectForm(ProjectModelForm):
    """Why imagery is used."""

    class Meta:
        model = Project
        fields = ("organisation", "title", "purpose", "theme", "description", "partners", "starts_on", "ends_on")
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "starts_on": DayInput(),
            "ends_on": DayInput(),
            "description": forms.Textarea(attrs={"rows": 4}),
            "partners": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Organisation]", self.fields["organisation"])
        field.queryset = Organisation.objects.filter(memberships__user=user, memberships__state="active").distinct()
        field.label = _("Organisation")
        if field.queryset.count() == 1:
            field.initial = field.queryset.get()


class CorrectionForm(forms.Form):
    """What a legal representative may correct of the entity before signing."""

    name = forms.CharField(label=_("Name of the organisation"), max_length=200)
    acronym = forms.CharField(label=_("Acronym"), max_length=30, required=False)
    city = forms.CharField(label=_("City"), max_length=120, required=False)
    siret = IdentifierField(validate_siret, label=_("SIRET"))
    uai = IdentifierField(validate_uai, label=_("UAI"))
    ror = IdentifierField(validate_ror, label="ROR")
    sector = forms.CharField(label=_("Sector of activity"), max_length=120)
    legal_representative_title = forms.CharField(label=_("Your function"), max_length=150, required=False)

    def __init__(self, *args, whole=True, **kwargs):
        super().__init__(*args, **kwargs)
        if not whole:
            self.fields = {name: field for name, field in self.fields.items() if name == "legal_representative_title"}


class OtherPersonForm(forms.Form):
    """Who the legal representative is, when the link reached somebody else."""

    name = forms.CharField(label=_("First and last name of the legal representative"), max_length=150)
    email = forms.EmailField(label=_("Their e-mail address, if you know it"), required=False)
    words = forms.CharField(
        label=_("A word for the référent"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
