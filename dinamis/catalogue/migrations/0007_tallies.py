# SPDX-License-Identifier: AGPL-3.0-or-later
"""The numbers of images by kind, kept by triggers; what is delivered gets an index of its own."""

import dinamis.core.triggers
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

FILL = """
INSERT INTO catalogue_tally (collection_id, held, year, platform, processing_level, stereo_count, cloud,
incidence, resolution, images) SELECT collection_id, held, year, platform, processing_level, stereo_count,
cloud, incidence, resolution, sum(one) FROM (SELECT collection_id, held, extract(year FROM datetime AT TIME
ZONE 'Europe/Paris')::smallint AS year, platform, processing_level, stereo_count, (CASE WHEN cloud_cover
<= 5 THEN 5 WHEN cloud_cover <= 10 THEN 10 WHEN cloud_cover <= 20 THEN 20 WHEN cloud_cover <= 50 THEN 50
END)::float8 AS cloud, (CASE WHEN incidence_angle <= 10 THEN 10 WHEN incidence_angle <= 20 THEN 20 WHEN
incidence_angle <= 30 THEN 30 END)::float8 AS incidence, (CASE WHEN gsd <= 0.5 THEN 0.5 WHEN gsd <= 1.5 THEN
1.5 WHEN gsd <= 5 THEN 5 WHEN gsd <= 10 THEN 10 END)::float8 AS resolution, 1 AS one FROM catalogue_item WHERE
withdrawn_at IS NULL AND embargo_until IS NULL AND hold_back_until IS NULL) told GROUP BY collection_id, held,
year, platform, processing_level, stereo_count, cloud, incidence, resolution HAVING sum(one) <> 0
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_projects_scope'),
        ('catalogue', '0006_cell_dates'),
    ]

    operations = [
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('collection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.collection')),
                ('held', models.BooleanField()),
                ('year', models.SmallIntegerField()),
                ('platform', models.CharField(max_length=40)),
                ('processing_level', models.CharField(max_length=10)),
                ('stereo_count', models.SmallIntegerField()),
                ('cloud', models.FloatField(help_text='percent', null=True)),
                ('incidence', models.FloatField(help_text='degrees', null=True)),
                ('resolution', models.FloatField(help_text='metres', null=True)),
                ('images', models.BigIntegerField()),
            ],
            options={
                'verbose_name': 'tally of images',
                'verbose_name_plural': 'tallies of images',
            },
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(condition=models.Q(('held', True)), fields=['source_id'], name='catalogue_item_delivered'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='counts_insert', sql=dinamis.core.triggers.HardTriggerSql(func="INSERT INTO catalogue_tally (collection_id, held, year, platform, processing_level, stereo_count, cloud, incidence, resolution, images) SELECT collection_id, held, year, platform, processing_level, stereo_count, cloud, incidence, resolution, sum(one) FROM (SELECT collection_id, held,\n    extract(year FROM datetime AT TIME ZONE 'Europe/Paris')::smallint AS year,\n    platform, processing_level, stereo_count,\n    (CASE WHEN cloud_cover <= 5 THEN 5 WHEN cloud_cover <= 10 THEN 10 WHEN cloud_cover <= 20 THEN 20 WHEN cloud_cover <= 50 THEN 50 END)::float8 AS cloud, (CASE WHEN incidence_angle <= 10 THEN 10 WHEN incidence_angle <= 20 THEN 20 WHEN incidence_angle <= 30 THEN 30 END)::float8 AS incidence, (CASE WHEN gsd <= 0.5 THEN 0.5 WHEN gsd <= 1.5 THEN 1.5 WHEN gsd <= 5 THEN 5 WHEN gsd <= 10 THEN 10 END)::float8 AS resolution, 1 AS one FROM come WHERE withdrawn_at IS NULL AND embargo_until IS NULL AND hold_back_until IS NULL) told GROUP BY collection_id, held, year, platform, processing_level, stereo_count, cloud, incidence, resolution HAVING sum(one) <> 0; RETURN NULL;", hash='c4c9d270849c2ed7afe91b61d2a39b5f5b252c2f', level='STATEMENT', operation='INSERT', pgid='pgtrigger_counts_insert_b5cdc', referencing='REFERENCING NEW TABLE AS come ', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='counts_update', sql=dinamis.core.triggers.HardTriggerSql(func="INSERT INTO catalogue_tally (collection_id, held, year, platform, processing_level, stereo_count, cloud, incidence, resolution, images) SELECT collection_id, held, year, platform, processing_level, stereo_count, cloud, incidence, resolution, sum(one) FROM (SELECT collection_id, held,\n    extract(year FROM datetime AT TIME ZONE 'Europe/Paris')::smallint AS year,\n    platform, processing_level, stereo_count,\n    (CASE WHEN cloud_cover <= 5 THEN 5 WHEN cloud_cover <= 10 THEN 10 WHEN cloud_cover <= 20 THEN 20 WHEN cloud_cover <= 50 THEN 50 END)::float8 AS cloud, (CASE WHEN incidence_angle <= 10 THEN 10 WHEN incidence_angle <= 20 THEN 20 WHEN incidence_angle <= 30 THEN 30 END)::float8 AS incidence, (CASE WHEN gsd <= 0.5 THEN 0.5 WHEN gsd <= 1.5 THEN 1.5 WHEN gsd <= 5 THEN 5 WHEN gsd <= 10 THEN 10 END)::float8 AS resolution, -1 AS one FROM gone WHERE withdrawn_at IS NULL AND embargo_until IS NULL AND hold_back_until IS NULL UNION ALL SELECT collection_id, held,\n    extract(year FROM datetime AT TIME ZONE 'Europe/Paris')::smallint AS year,\n    platform, processing_level, stereo_count,\n    (CASE WHEN cloud_cover <= 5 THEN 5 WHEN cloud_cover <= 10 THEN 10 WHEN cloud_cover <= 20 THEN 20 WHEN cloud_cover <= 50 THEN 50 END)::float8 AS cloud, (CASE WHEN incidence_angle <= 10 THEN 10 WHEN incidence_angle <= 20 THEN 20 WHEN incidence_angle <= 30 THEN 30 END)::float8 AS incidence, (CASE WHEN gsd <= 0.5 THEN 0.5 WHEN gsd <= 1.5 THEN 1.5 WHEN gsd <= 5 THEN 5 WHEN gsd <= 10 THEN 10 END)::float8 AS resolution, 1 AS one FROM come WHERE withdrawn_at IS NULL AND embargo_until IS NULL AND hold_back_until IS NULL) told GROUP BY collection_id, held, year, platform, processing_level, stereo_count, cloud, incidence, resolution HAVING sum(one) <> 0; RETURN NULL;", hash='0e33260d82ac3f630095a79c33602236f6ab72bf', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_counts_update_5f513', referencing='REFERENCING OLD TABLE AS gone  NEW TABLE AS come ', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='counts_delete', sql=dinamis.core.triggers.HardTriggerSql(func="INSERT INTO catalogue_tally (collection_id, held, year, platform, processing_level, stereo_count, cloud, incidence, resolution, images) SELECT collection_id, held, year, platform, processing_level, stereo_count, cloud, incidence, resolution, sum(one) FROM (SELECT collection_id, held,\n    extract(year FROM datetime AT TIME ZONE 'Europe/Paris')::smallint AS year,\n    platform, processing_level, stereo_count,\n    (CASE WHEN cloud_cover <= 5 THEN 5 WHEN cloud_cover <= 10 THEN 10 WHEN cloud_cover <= 20 THEN 20 WHEN cloud_cover <= 50 THEN 50 END)::float8 AS cloud, (CASE WHEN incidence_angle <= 10 THEN 10 WHEN incidence_angle <= 20 THEN 20 WHEN incidence_angle <= 30 THEN 30 END)::float8 AS incidence, (CASE WHEN gsd <= 0.5 THEN 0.5 WHEN gsd <= 1.5 THEN 1.5 WHEN gsd <= 5 THEN 5 WHEN gsd <= 10 THEN 10 END)::float8 AS resolution, -1 AS one FROM gone WHERE withdrawn_at IS NULL AND embargo_until IS NULL AND hold_back_until IS NULL) told GROUP BY collection_id, held, year, platform, processing_level, stereo_count, cloud, incidence, resolution HAVING sum(one) <> 0; RETURN NULL;", hash='795e14c2be92672bd84e7c21d6464875649e4da7', level='STATEMENT', operation='DELETE', pgid='pgtrigger_counts_delete_f0dca', referencing='REFERENCING OLD TABLE AS gone ', table='catalogue_item', when='AFTER')),
        ),
    ]
