# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rates and the formula of the queue that the application comes with (domain facts, 5; docs/adr/0039)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import migrations
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

PUBLISHED = "Published in 2016 (MTE): preferential rate by public service delegation, minimum areas of the provider."
ASSUMED = "Taken like Pléiades until a rate is published."
FREE = "Free for members (MTE, 2016); minimum areas of the provider."
# Family, kind, cents per km2 outside the quota (inside it is free), minimum in km2, where it comes from.
SEED = (
    ("pleiades", "archive", 406, 25, PUBLISHED),
    ("pleiades", "acquisition", 522, 100, PUBLISHED),
    ("pleiades-neo", "archive", 406, 25, ASSUMED),
    ("pleiades-neo", "acquisition", 522, 100, ASSUMED),
    ("spot-6-7", "archive", 0, 100, FREE),
    ("spot-6-7", "acquisition", 0, 500, FREE),
)
# The first formula (docs/adr/0039); nobody proposed it.
FIRST = {
    "need": 25, "age": 30, "use": 30, "reuse": 15, "emergency": 1000, "age_days": 60, "half_life_days": 180,
    "reuse_full": 5,
}
BEGINNING = datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Paris"))


def write_rates(apps, schema_editor):
    """Write both sides of the quota of each product, valid without a beginning or an end."""
    tariff = apps.get_model("orders", "Tariff")
    for family, kind, cents, km2, reason in SEED:
        for quota, rate in (("inside", 0), ("outside", cents)):
            tariff.objects.create(
                family=family,
                kind=kind,
                quota=quota,
                cents_per_km2=rate,
                minimum_m2=km2 * 1_000_000,
                valid=DateTimeTZRange(None, None),
                reason=reason,
            )


def write_formula(apps, schema_editor):
    """Write the first formula."""
    apps.get_model("orders", "QueueRule").objects.create(
        **FIRST, starts_at=BEGINNING, reason="", proposed_at=BEGINNING, confirmed_at=BEGINNING
    )


class Migration(migrations.Migration):

    replaces = [
        ('orders', '0033_accounts_years'),
    ]

    dependencies = [
        ('orders', '0001_requests'),
    ]

    operations = [
        migrations.RunPython(write_rates, migrations.RunPython.noop, elidable=False),
        migrations.RunPython(write_formula, migrations.RunPython.noop, elidable=False),
    ]
