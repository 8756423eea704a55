# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sensors: which may be offered for a search, and whether what is searched is seen by radar alone."""

from collections.abc import Sequence
from datetime import date, timedelta

from dinamis.catalogue.enums import SensorKind
from dinamis.catalogue.models import Sensor
from dinamis.catalogue.selectors.filters import SearchFilters


def offered(filters: SearchFilters) -> list[Sensor]:
    """Return the sensors in service on some day of the period, of the families asked if any; one query."""
    since, until = period(filters)
    found = Sensor.objects.in_service(since, until)
    return list(found.filter(family__in=filters.sensors) if filters.sensors else found)


def out_of_service(platforms: Sequence[str], filters: SearchFilters) -> list[Sensor]:
    """Return those of `platforms` that had ended, or were not launched, for the whole period; one query at most."""
    if not platforms:
        return []
    since, until = period(filters)
    named = Sensor.objects.filter(platform__in=platforms)
    return list(named.exclude(pk__in=Sensor.objects.in_service(since, until).values("pk")))


def period(filters: SearchFilters) -> tuple[date | None, date | None]:
    """Return the first and the last day that a search asks about; None where it says nothing."""
    years = filters.years
    since = [date(min(years), 1, 1)] if years else []
    until = [date(max(years) + 1, 1, 1) - timedelta(days=1)] if years else []
    return (
        max([*since, *filter(None, [filters.since])], default=None),
        min([*until, *filter(None, [filters.until])], default=None),
    )


def only_radar(filters: SearchFilters) -> bool:
    """Tell whether every image that a search can find comes from a radar: clouds then mean nothing. One query at most.

    A radar family, satellite or collection is one none of whose sensors is optical.
    """
    if not (filters.sensors or filters.platforms or filters.collections):
        return False
    names: dict[str, list[set[str]]] = {kind: [set(), set(), set()] for kind in SensorKind.values}
    for kind, *row in Sensor.objects.values_list("kind", "family", "platform", "collections__slug"):
        for known, name in zip(names[kind], row, strict=True):
            known.add(name)
    asked = (filters.sensors, filters.platforms, filters.collections)
    radar = [sar - optical for sar, optical in zip(names[SensorKind.SAR], names[SensorKind.OPTICAL], strict=True)]
    return any(chosen and set(chosen) <= known for chosen, known in zip(asked, radar, strict=True))
