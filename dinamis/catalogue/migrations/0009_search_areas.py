# SPDX-License-Identifier: AGPL-3.0-or-later
"""Areas too long for an address."""

import django.contrib.gis.db.models.fields
from django.db import migrations, models

import dinamis.core.clock


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0008_place_search")]
    operations = [
        migrations.CreateModel(
            name="SearchArea",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(max_length=22, unique=True)),
                ("geometry", django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326)),
                ("used_on", models.DateField(default=dinamis.core.clock.today)),
            ],
            options={"verbose_name": "area of a search", "verbose_name_plural": "areas of searches"},
        ),
    ]
