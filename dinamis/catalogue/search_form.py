# SPDX-License-Identifier: AGPL-3.0-or-later
"""The filters of the catalogue, read from the address. A wrong value is explained; the others still count."""

import re
from datetime import date
from typing import Any

from django import forms
from django.contrib.gis.geos import GEOSGeometry, Point
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dinamis.catalogue.area_text import token_named
from dinamis.catalogue.enums import ItemState, ProductFamily
from dinamis.catalogue.models import Collection, Sensor
from dinamis.catalogue.selectors.filters import BBox, Order, SearchFilters, find_place
from dinamis.catalogue.selectors.places import Place, labelled_place, only_place, read_coordinates, suggest_places
from dinamis.catalogue.selectors.sensors import offered, only_radar, out_of_service
from dinamis.catalogue.services.areas import kept_area
from dinamis.core.areas import read_area
from dinamis.core.exceptions import Invalid
from dinamis.core.templatetags.ui import date_words
from dinamis.core.widgets import DayInput
from licensing.models import Project

POINT = re.compile(r"^POINT ?\((-?\d+(?:\.\d+)?) (-?\d+(?:\.\d+)?)\)$")
STEREO = [(1, _("single image")), (2, _("stereo pair")), (3, _("three images"))]
VIEW = re.compile(r"^-?\d{1,3}(\.\d{1,5})?,-?\d{1,2}(\.\d{1,5})?,\d{1,2}(\.\d{1,2})?$")
FIRST_YEAR, LAST_YEAR = 1986, 2100
# Days that count: near the ends of the calendar of Python no moment is computed.
DAYS = (MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(LAST_YEAR, 12, 31)))
NO_CLOUDS = _("Radar sees through clouds: the cloud filter does not apply to these images.")


class Words(forms.MultipleChoiceField):
    """Several choices as check boxes."""

    widget = forms.CheckboxSelectMultiple


class Codes(Words):
    """Several short codes, those of the catalogue and no list of ours."""

    def valid_value(self, value: Any) -> bool:
        """Accept whatever is written like a code: one that no image has finds nothing."""
        return re.fullmatch(r"[\w.-]{1,20}", str(value)) is not None


class SearchForm(forms.Form):
    """Everything a search may ask for; see SearchFilters for units."""

    where = forms.CharField(label=_("Place or coordinates"), required=False, max_length=80)
    place = forms.CharField(required=False, max_length=40)
    aoi = forms.CharField(
        label=_("Area"), required=False, widget=forms.HiddenInput(attrs={"data-aoi-input": "", "data-search-area": ""})
    )
    bbox = forms.CharField(label=_("Box"), required=False, max_length=120, widget=forms.HiddenInput)
    sensor = Words(label=_("Sensor"), required=False, choices=ProductFamily.choices)
    platform = Codes(label=_("Satellite"), required=False)
    collection = Words(label=_("Collection"), required=False)
    state = Words(label=_("What I can do with it"), required=False, choices=ItemState.choices)
    year = forms.TypedMultipleChoiceField(
        label=_("Year"),
        required=False,
        coerce=int,
        # Called when asked for: a list would be copied for every form.
        choices=lambda: [(year, year) for year in range(FIRST_YEAR, LAST_YEAR)],
        widget=forms.MultipleHiddenInput,
    )
    since = forms.DateField(label=_("From"), required=False, widget=DayInput(), validators=DAYS)
    until = forms.DateField(label=_("To"), required=False, widget=DayInput(), validators=DAYS)
    cloud = forms.FloatField(label=_("Clouds"), required=False, min_value=0, max_value=100)
    incidence = forms.FloatField(label=_("Incidence"), required=False, min_value=0, max_value=90)
    resolution = forms.FloatField(label=_("Resolution"), required=False, min_value=0.01, max_value=1000)
    level = Codes(label=_("Level"), required=False)
    stereo = forms.TypedMultipleChoiceField(label=_("Relief"), required=False, coerce=int, choices=STEREO)
    licence = Words(label=_("Licence"), required=False)
    q = forms.CharField(
        label=_("Name or identifier"), required=False, max_length=120, widget=forms.TextInput(attrs={"type": "search"})
    )
    order = forms.ChoiceField(label=_("Sort"), required=False, choices=Order.choices)
    project = forms.IntegerField(required=False, widget=forms.HiddenInput)
    view = forms.CharField(label=_("View of the map"), required=False, max_length=40, widget=forms.HiddenInput)
    after = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    before = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Any, collections: list[Collection], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.suggested: list[Place] = []
        self.found: Place | None = None
        self.point: Point | None = None
        # What a reader must know of the answer though nothing they asked is wrong.
        self.notes: list[str] = []
        self.clouds_of_radar = False
        # Set by `offer`: nothing but radar is searched.
        self.radar = False
        choices = {
            "collection": {entry.slug: entry.title for entry in collections},
            "licence": {entry.licence.code: entry.licence.name for entry in collections},
        }
        for name, words in choices.items():
            chosen = self.fields[name]
            assert isinstance(chosen, Words)
            chosen.choices = list(words.items())

    def clean_aoi(self) -> GEOSGeometry | None:
        """Read a drawn area (GeoJSON or WKT), the name of one that is kept, or a point."""
        text = self.cleaned_data["aoi"].strip()
        if not text:
            return None
        if found := POINT.match(text.upper()):
            lon, lat = map(float, found.groups())
            if abs(lon) > 180 or abs(lat) > 90:
                raise forms.ValidationError(_("The point lies outside the Earth."), code="out_of_range")
            return Point(lon, lat, srid=4326)
        if token := token_named(text):
            kept = kept_area(token)
            if kept is None:
                raise forms.ValidationError(
                    _("This area is not kept here any more. Draw it again, or give its file."), code="unknown_area"
                )
            return kept
        try:
            area = read_area(text).geometry
        except Invalid as error:
            raise forms.ValidationError(f"{error} {error.repair}", code=error.code) from error
        return GEOSGeometry(memoryview(area.wkb), srid=4326)

    def clean_bbox(self) -> BBox | None:
        """Read "west,south,east,north" in degrees."""
        text = self.cleaned_data["bbox"].strip()
        if not text:
            return None
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError as error:
            raise forms.ValidationError(
                _("Four numbers are expected: west, south, east, north."), code="bbox"
            ) from error
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise forms.ValidationError(
                _("The box must lie on the Earth, west before east and south before north."), code="bbox"
            )
        return west, south, east, north

    def clean_view(self) -> str:
        """Check "longitude,latitude,zoom"."""
        text = str(self.cleaned_data["view"])
        if text and VIEW.match(text) is None:
            raise forms.ValidationError(_("Three numbers are expected: longitude, latitude, zoom."), code="view")
        return text

    def clean_where(self) -> str:
        """Find the place or the point that is meant; several that could be are `suggested`."""
        text = str(self.cleaned_data["where"])
        if not text:
            return text
        self.point = read_coordinates(text)
        self.found = None if self.point else labelled_place(text)
        if self.point is None and self.found is None:
            self.suggested = suggest_places(text)
            self.found = only_place(text, self.suggested)
        if not (self.point or self.found or self.suggested):
            raise forms.ValidationError(
                _("No place is called that. Write a commune, a département or “latitude, longitude”."), code="place"
            )
        return text

    def clean_place(self) -> str:
        """Check that the place is known: "kind:code", as links from other pages write it."""
        reference = str(self.cleaned_data["place"])
        if not reference:
            return ""
        unit = find_place(reference)
        if unit is None:
            raise forms.ValidationError(_("This place is not known."), code="place")
        self.found = self.found or Place(unit.kind, unit.code, unit.name, unit.parent_code)
        return reference

    def clean_project(self) -> int | None:
        """Check that the project is one of the person's organisations."""
        number = self.cleaned_data["project"]
        if number is None:
            return None
        if not self.user.is_authenticated or not Project.objects.visible_to(self.user).filter(pk=number).exists():
            raise forms.ValidationError(_("This project is not one of yours."), code="project")
        return int(number)

    def clean(self) -> dict[str, Any]:
        """Check that the period ends after it begins."""
        data = super().clean() or {}
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", _("The period ends before it begins."))
        asked = self._asked(data)
        if asked.cloud is not None and only_radar(asked):
            data["cloud"] = None
            self.clouds_of_radar = True
            self.notes.append(str(NO_CLOUDS))
        self.notes += [out_of_service_words(sensor) for sensor in out_of_service(asked.platforms, asked)]
        return data

    def offer(self) -> None:
        """Offer the satellites in service in the period asked, and no cloud filter where only radar is searched."""
        filters = self.filters
        chosen = self.fields["platform"]
        assert isinstance(chosen, Words)
        chosen.choices = [(sensor.platform, sensor.name) for sensor in offered(filters)]
        self.radar = only_radar(filters)

    @property
    def filters(self) -> SearchFilters:
        """Return the search asked for, without the values that are wrong."""
        self.is_valid()
        return self._asked(self.cleaned_data)

    def _asked(self, data: dict[str, Any]) -> SearchFilters:
        return SearchFilters(
            sensors=tuple(data.get("sensor", ())),
            platforms=tuple(data.get("platform", ())),
            collections=tuple(data.get("collection", ())),
            years=tuple(data.get("year", ())),
            since=data.get("since"),
            until=data.get("until"),
            cloud=data.get("cloud"),
            incidence=data.get("incidence"),
            resolution=data.get("resolution"),
            levels=tuple(data.get("level", ())),
            stereo=tuple(data.get("stereo", ())),
            licences=tuple(data.get("licence", ())),
            states=tuple(data.get("state", ())),
            text=data.get("q", ""),
            bbox=data.get("bbox"),
            aoi=data.get("aoi") or self.point,
            place=self.found.reference if self.found else "",
            project=data.get("project"),
            order=data.get("order") or Order.RECENT.value,
            after=data.get("after", ""),
            before=data.get("before", ""),
        )


def out_of_service_words(sensor: Sensor) -> str:
    """Return why nothing of a sensor can be found in the period asked."""
    if sensor.ended_on:
        return gettext("%(name)s ended its service on %(day)s: it has no image of this period.") % {
            "name": sensor.name,
            "day": date_words(sensor.ended_on),
        }
    return gettext("%(name)s was not in service in this period.") % {"name": sensor.name}
