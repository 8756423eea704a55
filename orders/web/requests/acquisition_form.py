# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an acquisition request says. Which options may be given, and with which values, is asked of the one schema."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dinamis.catalogue.models import Collection
from dinamis.core import clock
from dinamis.core.exceptions import Invalid
from dinamis.core.widgets import DayInput
from orders.domain.bundles import BUNDLES, Bundle
from orders.domain.product_options import Schema, complete, offers, option_label, settled, value_label
from orders.enums import AcquisitionMode, OrderKind, Programme, Repeat
from orders.selectors.requests.products import product_type, schema_of, sensors_for, taskable
from orders.services.requests.acquisition_draft import PARAMETERS, Wanted, wanted_from
from orders.web.requests.forms import AreasForm

DAY = DayInput()
BH_HELP = _(
    "Distance between the two views over the height of the satellite (base to height): from 0.2 to 0.8. Small for "
    "towns and steep relief, large for flat ground."
)
# What was shown before the last change: which value changed is what remains different.
SHOWN = "shown"


class AcquisitionForm(AreasForm):
    """Areas, a period, a sensor, a bundle or values of one's own, options of the product, and what it is for."""

    # Fields under which a refusal of the service is shown.
    pointers: dict[str, str] = {"areas": "aoi", "period": "last"}  # noqa: RUF012
    whole = None  # type: ignore[assignment]
    separate = forms.BooleanField(
        label=_("Each area is a line of its own"),
        required=False,
        help_text=_("Approved, taken and paid by itself; otherwise all of them are one."),
    )
    first = forms.DateField(label=_("From"), widget=DAY)
    last = forms.DateField(label=_("Until"), widget=DAY)
    repeat = forms.ChoiceField(label=_("How often"), choices=Repeat.choices, required=False)
    collection = forms.ModelChoiceField(
        Collection.objects.none(), label=_("Sensor"), widget=forms.RadioSelect, empty_label=None, to_field_name="slug"
    )
    bundle = forms.ChoiceField(label=_("What the images are for"), required=False, widget=forms.RadioSelect)
    programme = forms.ChoiceField(label=_("Programme"), choices=Programme.choices, required=False)
    mode = forms.ChoiceField(
        label=_("Views"),
        choices=AcquisitionMode.choices,
        required=False,
        help_text=_("A pair counts twice, a triplet three times."),
    )
    bh_min = forms.FloatField(label=_("Smallest B/H"), required=False, help_text=BH_HELP)
    bh_max = forms.FloatField(label=_("Largest B/H"), required=False)
    cloud_max = forms.IntegerField(
        label=_("Largest cloud cover, %"),
        required=False,
        help_text=_("Images with no more cloud than that are taken without asking you."),
    )
    proposal_threshold = forms.IntegerField(
        label=_("Proposed up to, %"), required=False, help_text=_("Up to this cloud cover an image is proposed to you.")
    )
    incidence_max = forms.FloatField(
        label=_("Largest incidence angle, °"),
        required=False,
        help_text=_("How far from straight down the satellite may look: 0 is from above."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        chosen: Any = self.fields["collection"]
        chosen.queryset = taskable(clock.today())
        chosen.label_from_instance = _named
        bundles: Any = self.fields["bundle"]
        own = ("", pgettext_lazy("bundle", "Something else: I choose the values below"))
        bundles.choices = [own, *((one.code, _what(one)) for one in BUNDLES.values())]
        self.schema = self._schema()
        self.option_names: list[str] = []
        if self.schema:
            self._add_options(self.schema)

    def _schema(self) -> Schema | None:
        """The options of what is chosen now, None while no sensor is chosen that exists."""
        slug, programme = self._now("collection"), self._now("programme") or Programme.ONEPLAN
        queryset: Any = self.fields["collection"].queryset  # type: ignore[attr-defined]
        collection = queryset.filter(slug=slug).first() if slug else None
        if collection is None or programme not in Programme.values:
            return None
        try:
            return schema_of(product_type(OrderKind.ACQUISITION, collection.family, programme))
        except Invalid:
            return None

    def _now(self, name: str) -> str:
        value = (
            self.data.get(self.add_prefix(name))
            if self.is_bound
            else self.get_initial_for_field(self.fields[name], name)
        )
        return str(getattr(value, "slug", value) or "")

    def _add_options(self, schema: Schema) -> None:
        given = {name: value for name, value in self.data.items() if value} if self.is_bound else self.initial
        known = {option.name for option in schema.options}
        said = {name: str(value) for name, value in given.items() if name in known and value not in (None, "")}
        for offer in offers(schema, said):
            name = offer.option.name
            if not offer.applies and name not in said:
                continue
            self.option_names.append(name)
            self.fields[name] = _option_field(schema, offer, said.get(name))
            if offer.value is not None:
                self.initial.setdefault(name, offer.value)

    def option_fields(self) -> Iterator[Any]:
        """The fields of the product's own options."""
        return (self[name] for name in self.option_names)

    def wanted(self) -> Wanted:
        """What a valid form asks. Raises Invalid (a bundle there is not)."""
        data = self.cleaned_data
        unknown = self._foreign_options()
        options = {name: data[name] for name in self.option_names if data.get(name)} | unknown
        return wanted_from(
            collection=data["collection"],
            areas=self.areas if self.cleaned_data.get("separate") else [self.geometry],
            first=data["first"],
            last=data["last"],
            said={name: data.get(name) if data.get(name) != "" else None for name in PARAMETERS},
            options=options,
        )

    def _foreign_options(self) -> dict[str, str]:
        """Options that were sent though the product has none of that name (`option-…` says that they are meant so)."""
        return {
            name.removeprefix("option-"): str(value) for name, value in self.data.items() if name.startswith("option-")
        }


def _option_field(schema: Schema, offer: Any, said: str | None) -> forms.Field:
    """A list of the values that the others allow, and the one that was given whatever it is: its refusal says why."""
    option = offer.option
    label = option_label(option.name, schema).capitalize()
    if option.kind == "double":
        words = _("Metres, from %(low)g to %(high)g.") % {"low": option.minimum, "high": option.maximum}
        return forms.CharField(label=label, required=False, max_length=60, help_text=words)
    values = [value.id for value in offer.values]
    if said is not None and said not in values:
        values.append(said[:60])
    choices = [(value, value_label(option.name, value, schema)) for value in values]
    if option.default is None:
        choices.insert(0, ("", str(pgettext_lazy("projection", "that of the place (UTM)"))))
    return forms.ChoiceField(label=label, choices=choices, required=False)


def _what(bundle: Bundle) -> str:
    words = str(bundle.words)
    return str(_("%(head)s: %(parts)s") % {"head": bundle.label, "parts": words[:1].lower() + words[1:]})


def _named(collection: Collection) -> str:
    """A collection by its product family and the satellites that fly today: what it is called is of the archive."""
    today, family = clock.today(), collection.get_family_display()
    names = ", ".join(sensor.name for sensor in sensors_for(collection.family, today, today))
    return f"{family} ({names})" if names else family


def followed(data: Mapping[str, Any], schema: Schema | None, *, bundle: bool = False) -> dict[str, str]:
    """Return what the fields hold once the last change is followed: a bundle sets its values, an option those that
    depend on it. `data` is what was sent, with what was shown before under SHOWN; `bundle` asks for it anyway."""
    shown = _shown(data)
    if bundle_pending(data) or (bundle and data.get("bundle") in BUNDLES):
        return _of_bundle(str(data["bundle"]), schema)
    if schema is None:
        return {}
    known = {option.name for option in schema.options}
    given = {name: str(value) for name, value in data.items() if name in known and value}
    changed = next((name for name, value in given.items() if shown.get(name, value) != value), "")
    return settled(schema, given, changed) if changed else complete(schema, given)


def bundle_pending(data: Mapping[str, Any]) -> bool:
    """Tell whether a bundle was chosen whose values the page has not shown yet."""
    code = str(data.get("bundle") or "")
    return code in BUNDLES and SHOWN in data and code != _shown(data).get("bundle", "")


def _shown(data: Mapping[str, Any]) -> dict[str, Any]:
    try:
        shown = json.loads(data.get(SHOWN) or "{}")
    except ValueError:
        return {}
    return shown if isinstance(shown, dict) else {}


def _of_bundle(code: str, schema: Schema | None) -> dict[str, str]:
    bundle = BUNDLES[code]
    values = dict.fromkeys(("bh_min", "bh_max"), "") | {
        name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in bundle.parameters.items()
    }
    return values | (complete(schema, bundle.options) if schema else {})


def shown_now(form: AcquisitionForm) -> str:
    """Return what is shown, for the next change to be told from it."""
    names = ("bundle", *form.option_names)
    return json.dumps({name: str(form[name].value() or "") for name in names})
