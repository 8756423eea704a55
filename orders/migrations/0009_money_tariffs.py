# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rates with the dates they are valid, filled with those that were settings until now (domain facts, 5)."""

import dinamis.core.clock
import dinamis.core.triggers
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models
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


def seed(apps, schema_editor):
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


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0008_money'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Tariff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('family', models.CharField(choices=[('pleiades', 'Pléiades'), ('pleiades-neo', 'Pléiades Neo'), ('spot-6-7', 'SPOT 6-7'), ('spot-1-5', 'SPOT 1-5'), ('sentinel-2', 'Sentinel-2'), ('rapideye', 'RapidEye'), ('aster', 'ASTER'), ('cosmo-skymed', 'COSMO-SkyMed'), ('terrasar-x', 'TerraSAR-X')], max_length=20, verbose_name='product family')),
                ('kind', models.CharField(choices=[('archive', 'archive order'), ('acquisition', 'acquisition request')], max_length=20, verbose_name='kind of order')),
                ('eligibility_class', models.CharField(blank=True, choices=[('french_institutional', 'French institution'), ('foreign_scientific', 'foreign scientific institution'), ('private', 'private company in France')], max_length=30, verbose_name='eligibility class')),
                ('quota', models.CharField(choices=[('inside', 'inside the quota'), ('outside', 'outside the quota')], max_length=10, verbose_name='quota')),
                ('cents_per_km2', models.PositiveIntegerField(verbose_name='cents per km²')),
                ('minimum_m2', models.BigIntegerField(verbose_name='smallest billed area')),
                ('stereo_factor', models.PositiveSmallIntegerField(default=2, verbose_name='a stereo pair counts')),
                ('tristereo_factor', models.PositiveSmallIntegerField(default=3, verbose_name='a triplet counts')),
                ('valid', django.contrib.postgres.fields.ranges.DateTimeRangeField(verbose_name='valid')),
                ('reason', models.TextField(verbose_name='reason')),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('set_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'tariff',
                'verbose_name_plural': 'tariffs',
                'ordering': ('family', 'kind', 'eligibility_class', 'quota', '-valid'),
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('family', '='), ('kind', '='), ('eligibility_class', '='), ('quota', '='), ('valid', '&&')], name='orders_tariff_no_overlap'), models.CheckConstraint(condition=models.Q(('minimum_m2__gte', 0), ('stereo_factor__gte', 1), ('tristereo_factor__gte', 1), ('valid__isempty', False)), name='orders_tariff_amounts')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='tariff',
            trigger=pgtrigger.compiler.Trigger(name='rates_frozen', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.family IS DISTINCT FROM NEW.family OR OLD.kind IS DISTINCT FROM NEW.kind OR OLD.eligibility_class IS DISTINCT FROM NEW.eligibility_class OR OLD.quota IS DISTINCT FROM NEW.quota OR OLD.cents_per_km2 IS DISTINCT FROM NEW.cents_per_km2 OR OLD.minimum_m2 IS DISTINCT FROM NEW.minimum_m2 OR OLD.stereo_factor IS DISTINCT FROM NEW.stereo_factor OR OLD.tristereo_factor IS DISTINCT FROM NEW.tristereo_factor OR OLD.reason IS DISTINCT FROM NEW.reason OR OLD.set_by_id IS DISTINCT FROM NEW.set_by_id OR OLD.created_at IS DISTINCT FROM NEW.created_at) THEN RAISE EXCEPTION 'orders.tariff: family, kind, eligibility_class, quota, cents_per_km2, minimum_m2, stereo_factor, tristereo_factor, reason, set_by_id, created_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='97b4c82d70c9ae6d8d7ab672f5fbd1fd13c2776d', operation='UPDATE', pgid='pgtrigger_rates_frozen_3fd34', table='orders_tariff', when='BEFORE')),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop, elidable=False),
    ]
