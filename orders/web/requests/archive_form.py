# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an archive order over an area says: the area, days, and what the images must be."""

import hashlib
import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from shapely import MultiPolygon, get_parts

from dinamis.catalogue.enums import ProductFamily
from orders.enums import AcquisitionMode
from orders.models import Order
from orders.selectors.requests.archive import Sought, archive_families
from orders.services.requests.archive_draft import ArchiveWanted
from orders.web.requests.acquisition_form import DAY
from orders.web.requests.forms import AreasForm

CRITERIA = ("family", "first", "last", "mode", "cloud_max", "incidence_max", "with_held")


class ArchiveForm(AreasForm):
    """An area, days, criteria, and what it is for. The scenes that were ticked come beside it."""

    # Fields under which a refusal of the service is shown.
    pointers: dict[str, str] = {"area": "aoi", "period": "last"}  # noqa: RUF012
    whole = None  # type: ignore[assignment]
    first = forms.DateField(label=_("Taken from"), widget=DAY)
    last = forms.DateField(label=_("Until"), widget=DAY)
    family = forms.ChoiceField(label=_("Sensor"), widget=forms.RadioSelect)
    mode = forms.ChoiceField(
        label=_("Views"), choices=AcquisitionMode.choices, required=False, initial=AcquisitionMode.MONO
    )
    cloud_max = forms.IntegerField(label=_("Largest cloud cover, %"), required=False)
    incidence_max = forms.FloatField(label=_("Largest incidence angle, °"), required=False)
    with_held = forms.BooleanField(
        label=_("What is held already, too"),
        required=False,
        help_text=_("Otherwise only what nobody has is ordered. Say below why what is held does not suffice."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        families: Any = self.fields["family"]
        families.choices = [(family, ProductFamily(family).label) for family in archive_families()]

    @property
    def is_sought(self) -> bool:
        """Whether what is sought can be read, whatever is missing of the rest."""
        return self.geometry is not None and not {"aoi", "area_file", *CRITERIA} & set(self.errors)

    def refusals(self) -> list[str]:
        """Return why no scenes can be shown: what is wrong with what is sought, or with the scenes."""
        names = ("aoi", "area_file", *CRITERIA, "__all__")
        return [str(words) for name in names for words in self.errors.get(name, ())]

    def sought(self) -> Sought:
        """Return what is sought, once `is_sought`."""
        data = self.cleaned_data
        values = {name: data[name] for name in CRITERIA}
        return Sought(area=self.geometry, **values | {"mode": data["mode"] or AcquisitionMode.MONO})

    def wanted(self, scenes: list[int] | None, order: Order | None) -> ArchiveWanted:
        """Return what is asked, with the scenes that were ticked (None: those that are found).

        The options of `order` stay unless a bundle is chosen, or another product.
        """
        bundle = self.cleaned_data.get("bundle") or ""
        kept = order is not None and not bundle and order.family == self.cleaned_data["family"]
        return ArchiveWanted(
            sought=self.sought(),
            scenes=None if scenes is None else tuple(scenes),
            options=dict(order.options) if order is not None and kept else {},
            bundle=bundle,
        )

    def mark(self) -> str:
        """Return a short name of what is sought: the scenes that a page shows were found for it."""
        sought = self.sought()
        values = [str(getattr(sought, name) or "") for name in CRITERIA]
        # The same area, whatever its outline begins with.
        area = MultiPolygon(list(get_parts(self.geometry))).normalize()
        return hashlib.sha256(json.dumps([area.wkt, *values]).encode()).hexdigest()[:16]
