# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time parted in the index of place; the column of months has the table written anew."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_triggers'),
        ('catalogue', '0002_counted_in_boxes'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='item',
            name='catalogue_item_where_when',
        ),
        migrations.AddField(
            model_name='item',
            name='month',
            field=models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.DateField(), template="date_trunc('month', datetime AT TIME ZONE 'UTC')::date"), output_field=models.DateField()),
        ),
        migrations.AddIndex(
            model_name='item',
            index=django.contrib.postgres.indexes.GistIndex(fields=['footprint'], name='catalogue_item_where'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=django.contrib.postgres.indexes.GistIndex(fields=['month', 'footprint'], name='catalogue_item_month_where'),
        ),
    ]
