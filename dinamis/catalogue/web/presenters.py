# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the templates of the catalogue print: rows, choices with counts, the sentence that answers."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from dinamis.catalogue.enums import ItemState
from dinamis.catalogue.links import address
from dinamis.catalogue.models import Item
from dinamis.catalogue.search_form import SearchForm
from dinamis.catalogue.selectors.basket import Basket
from dinamis.catalogue.selectors.facets import Answer, Facets
from dinamis.catalogue.words import image_title, level_words, metres
from dinamis.core.templatetags.ui import number, percent
from licensing.enums import DenyCode
from licensing.selectors.decision import Deny


def scene_row(item: Item) -> dict[str, Any]:
    """Return one row of the list; a withheld image gives its date only."""
    label, url = next_step(item)
    return {
        "item": item,
        "title": image_title(item),
        "url": address("catalogue:item", item.pk),
        "quicklook_url": quicklook_address(item),
        "cloud": item.cloud_cover if item.shown else None,
        "incidence": item.incidence_angle if item.shown else None,
        "covers": min(100, item.covers) if item.covers else None,
        "licence": item.collection.licence.name if item.shown else "",
        "action_label": label,
        "action_url": url,
    }


def next_step(item: Item) -> tuple[str, str]:
    """Return the verb and the address of what this person may do next with the image."""
    if item.state == ItemState.HELD:
        return _("Download"), address("catalogue:item", item.pk) + "#files"
    if item.state == ItemState.UNLOCK:
        return pgettext("verb", "Sign"), address("licensing:sign", item.collection.licence_id)
    if item.state == ItemState.ORDER:
        return pgettext("verb", "Order"), address("orders:new", scene=item.pk)
    return "", ""


def quicklook_address(item: Item) -> str:
    """Return the address of the picture to show, or an empty text."""
    if not item.shown or not (item.has_quicklook or item.quicklook_url):
        return ""
    return address("catalogue:quicklook", item.pk)


def preview(item: Item) -> dict[str, str]:
    """Return what the map of the picture needs: addresses of its tiles and of the whole, and its bounds in degrees."""
    whole = address("previews:part", item.pk, "png")
    return {
        "tiles": f"{whole.removesuffix('.png')}/{{z}}/{{x}}/{{y}}.webp",
        "picture": f"{whole}?pixels={settings.DINAMIS['PREVIEW_MAX_PIXELS']}",
        "bounds": ",".join(f"{degrees:.6f}" for degrees in item.footprint.extent),
    }


def checks(
    form: SearchForm, name: str, counts: Mapping[Any, int], *, only_counted: bool = False
) -> list[dict[str, Any]]:
    """Return the choices of a facet with their live counts; a chosen one stays whatever its count."""
    chosen = set(form.data.getlist(name)) if isinstance(form.data, QueryDict) else set()
    choices: Any = getattr(form.fields[name], "choices", ())
    rows = [
        {"value": value, "label": label, "count": counts.get(value, 0), "checked": str(value) in chosen}
        for value, label in choices
    ]
    return [row for row in rows if row["count"] or row["checked"]] if only_counted else rows


def year_bars(form: SearchForm, years: Mapping[int, int]) -> list[dict[str, Any]]:
    """Return the images by year, from the first to the last, with those inside the filter on."""
    if not years:
        return []
    filters = form.filters
    chosen = set(filters.years)
    low = filters.since.year if filters.since else min(years)
    high = filters.until.year if filters.until else max(years)
    return [
        {"label": str(year), "count": years.get(year, 0), "on": year in chosen if chosen else low <= year <= high}
        for year in range(min(years), max(years) + 1)
    ]


def maxima(
    form: SearchForm, name: str, counts: Mapping[float, int], words: Callable[[float], str]
) -> list[dict[str, Any]]:
    """Return the classes of a maximum with their counts; one that was typed into the address stays among them."""
    chosen = form.cleaned_data.get(name)
    values = sorted({*counts, *([] if chosen is None else [chosen])})
    rows = [{"value": "", "label": _("any"), "count": None, "checked": chosen is None}]
    return rows + [
        {"value": f"{most:g}", "label": f"≤ {words(most)}", "count": counts.get(most), "checked": most == chosen}
        for most in values
    ]


def facet_choices(form: SearchForm, counts: Facets) -> dict[str, list[dict[str, Any]]]:
    """Return the choices of every facet with their live counts, by the name the template gives them."""
    return {
        "states": checks(form, "state", counts.states),
        "sensors": checks(form, "sensor", counts.sensors, only_counted=True),
        "platforms": checks(form, "platform", counts.platforms, only_counted=True),
        "collections": checks(form, "collection", counts.collections),
        "levels": level_checks(form, counts.levels),
        "stereos": checks(form, "stereo", counts.stereo),
        "licences": checks(form, "licence", counts.licences, only_counted=True),
        "clouds": [] if form.radar else maxima(form, "cloud", counts.clouds, percent),
        "incidences": maxima(form, "incidence", counts.incidences, lambda most: f"{most:g}°"),
        "resolutions": maxima(form, "resolution", counts.resolutions, metres),
    }


def level_checks(form: SearchForm, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the processing levels that the images have, and those asked for."""
    chosen = form.filters.levels
    levels = sorted({level for level in {*counts, *chosen} if level})
    return [
        {"value": level, "label": level_words(level), "count": counts.get(level, 0), "checked": level in chosen}
        for level in levels
    ]


def sentence(found: Answer, *, signed_in: bool) -> str:
    """Return the sentence that answers the search."""
    if not found.total:
        return _("No image answers this search")
    if found.has_area and found.held >= 1:
        return _("%(share)s of your area can be downloaded now") % {"share": percent(found.held)}
    images = ngettext("%(n)s image", "%(n)s images", found.total) % {"n": number(found.total)}
    if not signed_in:
        return _("%(images)s; sign in to see what you may download") % {"images": images}
    if not found.downloadable:
        return _("%(images)s, none downloadable yet") % {"images": images}
    return ngettext("%(images)s, %(n)s downloadable now", "%(images)s, %(n)s downloadable now", found.downloadable) % {
        "images": images,
        "n": number(found.downloadable),
    }


def detail(found: Answer) -> str:
    """Return the line below the sentence: the parts that are not nothing."""
    if found.has_area:
        parts = [
            (found.held, _("%(share)s downloadable")),
            (found.unlock, _("%(share)s after a signature")),
            (found.order, _("%(share)s can be ordered")),
            (found.none, _("%(share)s without an image for you")),
        ]
        return " · ".join(text % {"share": percent(share)} for share, text in parts if share >= 0.5)
    words = [
        (ItemState.UNLOCK, _("%(n)s after a signature")),
        (ItemState.ORDER, _("%(n)s can be ordered")),
        (ItemState.NONE, _("%(n)s held, not open to you")),
    ]
    counted = [(found.by_state.get(state.value, 0), text) for state, text in words]
    return " · ".join(text % {"n": number(count)} for count, text in counted if count)


def basket_sentence(basket: Basket) -> str:
    """Return what may be done with the images put aside, the parts that are not nothing."""
    words = [
        (ItemState.HELD, _("%(n)s downloadable")),
        (ItemState.UNLOCK, _("%(n)s after a signature")),
        (ItemState.ORDER, _("%(n)s can be ordered")),
        (ItemState.NONE, _("%(n)s held, not open to you")),
    ]
    counted = [(len(basket.of(state)), text) for state, text in words]
    return " · ".join(text % {"n": number(count)} for count, text in counted if count)


def licences_to_sign(basket: Basket) -> list[tuple[str, str]]:
    """Return the licences whose signature opens images of the basket: name and address of the page to sign."""
    licences = {image.collection.licence for image in basket.of(ItemState.UNLOCK)}
    return [(licence.name, address("licensing:sign", licence.pk)) for licence in sorted(licences, key=lambda it: it.pk)]


def orders_to_write(basket: Basket) -> list[dict[str, Any]]:
    """Return the orders that the basket could become, one for each product family: an order holds one."""
    scenes: dict[str, list[Item]] = {}
    for image in basket.of(ItemState.ORDER):
        scenes.setdefault(str(image.collection.get_family_display()), []).append(image)
    base = address("orders:new")
    return [
        {"family": family, "number": len(images), "url": f"{base}?{urlencode([('scene', it.pk) for it in images])}"}
        for family, images in scenes.items()
        if base
    ]


def missing_rows(answer: Deny) -> list[dict[str, str]]:
    """Return what is missing, each with the page that repairs it."""
    return [
        {"text": str(reason.code.label), "url": reason.repair_url, "action": repair_words(reason.code)}
        for reason in answer.reasons
    ]


def repair_words(code: DenyCode) -> str:
    """Return the words of the link that repairs a missing condition."""
    if code == DenyCode.NOT_SIGNED_IN:
        return _("Sign in")
    if code == DenyCode.PERSON_ACCEPTANCE_MISSING:
        return _("Read and sign the licence")
    if code in {DenyCode.NO_MEMBERSHIP, DenyCode.MEMBERSHIP_INACTIVE}:
        return _("See my organisation")
    if code in {DenyCode.ADHESION_MISSING, DenyCode.ADHESION_ENDED}:
        return _("See the adhesion")
    return _("See my rights")
