# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from shapely import union_all
from shapely.geometry.base import BaseGeometry

from dinamis.accounts.models import Organisation
from dinamis.core.areas import (
    ACCEPTED,
    SUFFIXES,
    Area,
    Simplification,
    check_size,
    read_area,
    read_area_file,
    read_areas,
    read_areas_file,
    with_checked_axes,
)
from dinamis.core.exceptions import Invalid
from dinamis.core.http import whole_number
from dinamis.core.surface import only_surfaces
from licensing.models import Project
from orders.domain.bundles import BUNDLES
from orders.web.requests.areas import collected


class OrderForm(forms.Form):
    """What an order says. `area()` is the area it names: a file, else the drawn or pasted one, else the whole image."""

    no_bundle = pgettext_lazy("bundle", "The usual: ortho, panchromatic and colour bands")
    aoi = forms.CharField(
        label=_("Area"),
        required=False,
        help_text=_("Draw it on the map, or paste GeoJSON or WKT: longitude first, in degrees."),
        widget=forms.Textarea(attrs={"rows": 3, "data-aoi-input": "", "class": "mono", "spellcheck": "false"}),
    )
    area_file = forms.FileField(
        label=_("Or a file"),
        required=False,
        help_text=ACCEPTED,
        widget=forms.FileInput(attrs={"accept": SUFFIXES}),
    )
    whole = forms.BooleanField(label=_("Order the whole image"), required=False)
    title = forms.CharField(
        label=_("Title of the order"), max_length=200, help_text=_("For example: shoreline, Gulf of Lion.")
    )
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("For which organisation"))
    project = forms.ModelChoiceField(
        Project.objects.none(), label=_("Project"), required=False, empty_label=_("A new project, named below")
    )
    new_project = forms.CharField(label=_("Title of the new project"), max_length=200, required=False)
    bundle = forms.ChoiceField(
        label=_("What the images are for"),
        required=False,
        help_text=_("It sets level, bands, radiometry and format of the files."),
    )
    justification = forms.CharField(
        label=_("Why this image is needed"),
        required=False,
        help_text=_("Due when most of the area is already held: say why those images do not suffice."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, user: Any, organisation: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        # All of what is named, and each area of it by itself.
        self.geometry: Any = None
        self.areas: list[BaseGeometry] = []
        # What was lost of an outline of too many vertices: to be said beside the area.
        self.simplified: Simplification | None = None
        mine = Organisation.objects.filter(memberships__user=user, memberships__state="active").distinct()
        if organisation is not None:
            mine = Organisation.objects.filter(pk=organisation.pk)
        bundles: Any = self.fields["bundle"]
        bundles.choices = [("", self.no_bundle), *((one.code, one.label) for one in BUNDLES.values())]
        choice: Any = self.fields["organisation"]
        choice.queryset = mine
        only = list(mine[:2])
        if len(only) == 1:
            choice.initial = only[0].pk
            choice.widget = forms.HiddenInput()
        project: Any = self.fields["project"]
        project.queryset = Project.objects.visible_to(user).filter(organisation__in=mine)

    @property
    def once(self) -> str:
        """A token of this page: the same form sent twice is one order (`orders.web.requests.once`)."""
        return str(self.data.get("once") or secrets.token_urlsafe(12))

    def clean(self) -> dict[str, Any]:
        """Read the area; what was read from a file is written into the text field, so that it is not lost."""
        cleaned = super().clean() or {}
        if cleaned.get("whole"):
            return cleaned
        upload, text = cleaned.get("area_file"), (cleaned.get("aoi") or "").strip()
        try:
            if upload is not None:
                self._read_file(upload)
            elif text:
                self._take(self._read_text(text))
                with_checked_axes(self.geometry)
            else:
                self.add_error("aoi", _("Name the area: draw it, paste it, give a file, or take the whole image."))
        except Invalid as error:
            self.add_error("area_file" if upload is not None else "aoi", f"{error} {error.repair}".strip())
        return cleaned

    def _read_file(self, upload: Any) -> None:
        check_size(upload.size)
        self._take(self._read_bytes(upload.read()))
        self._write_back()

    def _read_text(self, text: str) -> list[Area]:
        """The areas of a text; here, one."""
        return [read_area(text)]

    def _read_bytes(self, data: bytes) -> list[Area]:
        """The areas of a file; here, one."""
        return [read_area_file(data)]

    def _take(self, areas: list[Area]) -> None:
        self.areas = [area.geometry for area in areas]
        self.geometry = self.areas[0] if len(areas) == 1 else only_surfaces(union_all(self.areas))
        self.simplified = next((area.simplified for area in areas if area.simplified), None)
        if self.simplified:
            self._write_back()

    def _write_back(self) -> None:
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("aoi")] = json.dumps(collected(self.areas))
        self.data = data


class AreasForm(OrderForm):
    """The same, of several areas: each feature of a file or a text, each outline that was drawn."""

    @property
    def version_seen(self) -> int:
        """The version of the draft that the person saw; -1, which no draft has, when the form does not say it."""
        said = self.data.get("version") if self.is_bound else self.initial.get("version")
        number = whole_number(None if said is None else str(said))
        return -1 if number is None else number

    def _read_text(self, text: str) -> list[Area]:
        return read_areas(text)

    def _read_bytes(self, data: bytes) -> list[Area]:
        return read_areas_file(data)


class EditForm(OrderForm):
    """The same for an order that exists: the organisation stays, and the options unless a bundle is chosen."""

    no_bundle = pgettext_lazy("bundle", "As it is now")
    version = forms.IntegerField(widget=forms.HiddenInput())
