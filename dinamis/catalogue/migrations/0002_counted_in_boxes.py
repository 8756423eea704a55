# SPDX-License-Identifier: AGPL-3.0-or-later
"""What images are counted by in a box; each column of an image has the table written anew."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_triggers'),
        ('catalogue', '0001_images'),
    ]

    operations = [
        # The widest first: the others then fill what it leaves.
        migrations.AddField(
            model_name='item',
            name='kind',
            field=models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.BigIntegerField(), template="CASE WHEN withdrawn_at IS NULL AND embargo_until IS NULL AND hold_back_until IS NULL THEN hash_record_extended(ROW(collection_id, held, extract(year FROM datetime AT TIME ZONE 'Europe/Paris')::smallint, platform, processing_level, stereo_count, (CASE WHEN cloud_cover <= 5 THEN 5 WHEN cloud_cover <= 10 THEN 10 WHEN cloud_cover <= 20 THEN 20 WHEN cloud_cover <= 50 THEN 50 END)::float8, (CASE WHEN incidence_angle <= 10 THEN 10 WHEN incidence_angle <= 20 THEN 20 WHEN incidence_angle <= 30 THEN 30 END)::float8, (CASE WHEN gsd <= 0.5 THEN 0.5 WHEN gsd <= 1.5 THEN 1.5 WHEN gsd <= 5 THEN 5 WHEN gsd <= 10 THEN 10 END)::float8), 0) END"), output_field=models.BigIntegerField()),
        ),
        migrations.AddField(
            model_name='item',
            name='band',
            field=models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.SmallIntegerField(), template='(1024 * (5 + width_bucket(greatest(ST_XMax(footprint) - ST_XMin(footprint), ST_YMax(footprint) - ST_YMin(footprint)) * 100 + 2, ARRAY[32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768]::float8[])) + greatest(0, least(1023, floor((ST_YMin(footprint) * 100 + 9000) / 2 ^ (5 + width_bucket(greatest(ST_XMax(footprint) - ST_XMin(footprint), ST_YMax(footprint) - ST_YMin(footprint)) * 100 + 2, ARRAY[32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768]::float8[]))))))::smallint'), output_field=models.SmallIntegerField()),
        ),
        migrations.AddField(
            model_name='item',
            name='east',
            field=models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.SmallIntegerField(), template='greatest(-30000, least(30000, ceil(ST_XMax(footprint) * 100)))::smallint'), output_field=models.SmallIntegerField()),
        ),
        migrations.AddField(
            model_name='item',
            name='north',
            field=models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.SmallIntegerField(), template='greatest(-30000, least(30000, ceil(ST_YMax(footprint) * 100)))::smallint'), output_field=models.SmallIntegerField()),
        ),
        migrations.AddField(
            model_name='item',
            name='south',
            field=models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.SmallIntegerField(), template='greatest(-30000, least(30000, floor(ST_YMin(footprint) * 100)))::smallint'), output_field=models.SmallIntegerField()),
        ),
        migrations.AddField(
            model_name='item',
            name='west',
            field=models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.SmallIntegerField(), template='greatest(-30000, least(30000, floor(ST_XMin(footprint) * 100)))::smallint'), output_field=models.SmallIntegerField()),
        ),
        migrations.AddField(
            model_name='tally',
            name='kind',
            field=models.GeneratedField(db_persist=True, expression=models.Func(output_field=models.BigIntegerField(), template='hash_record_extended(ROW(collection_id, held, year, platform, processing_level, stereo_count, cloud, incidence, resolution), 0)'), output_field=models.BigIntegerField()),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(condition=models.Q(('kind__isnull', False)), fields=['band', 'west', 'south', 'east', 'north', 'kind'], name='catalogue_item_counted'),
        ),
    ]
