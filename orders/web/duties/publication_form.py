# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form of a publication: its DOI, and the images from those that were downloaded, or by their identifiers."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dinamis.accounts.models import Organisation
from dinamis.catalogue.models import Item
from orders.selectors.duties.obligations import fetched_by
from orders.validators import validate_doi


class PublicationForm(forms.Form):
    """What is declared."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=gettext_lazy("For which organisation"), empty_label=None
    )
    doi = forms.CharField(
        label="DOI", max_length=300, help_text=gettext_lazy("As the publisher gives it."), validators=[validate_doi]
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=500)
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=1986)
    downloaded = forms.MultipleChoiceField(
        label=gettext_lazy("Images you downloaded"), required=False, widget=forms.CheckboxSelectMultiple
    )
    others = forms.CharField(
        label=gettext_lazy("Other images, by their identifiers"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
        help_text=gettext_lazy("One a line, as their pages show them."),
    )
    pointers = {"items": "others"}  # noqa: RUF012  (read by licensing.web.support)

    def __init__(self, *args: Any, person: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisation: Any = self.fields["organisation"]
        organisation.queryset = Organisation.objects.filter(memberships__user=person, memberships__state="active")
        downloaded: Any = self.fields["downloaded"]
        downloaded.choices = [(str(image.pk), f"{image} ({image.stac_id})") for image in fetched_by(person)]
        if not downloaded.choices:
            del self.fields["downloaded"]

    def clean_others(self) -> list[int]:
        """Find the images that are named."""
        names = set(self.cleaned_data["others"].split())
        found = dict(Item.objects.published().filter(stac_id__in=names).values_list("stac_id", "pk"))
        if unknown := sorted(names - set(found)):
            raise forms.ValidationError(
                _("These images are not known: %(names)s.") % {"names": ", ".join(unknown[:10])}, code="unknown"
            )
        return list(found.values())

    def said(self) -> dict[str, Any]:
        """Return what the service takes."""
        data = self.cleaned_data
        items = [*map(int, data.get("downloaded", [])), *data["others"]]
        return {**{name: data[name] for name in ("organisation", "doi", "title", "year")}, "items": items}
