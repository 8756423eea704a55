# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an image says besides its columns gets a table of its own; indexes as the searches ask."""

import dinamis.core.clock
import dinamis.core.triggers
import django.contrib.gis.db.models.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# Frames are packed already; properties are squeezed in their row (PostgreSQL manual, 73.2 TOAST).
STORAGE = """
ALTER TABLE catalogue_itemdocument SET (toast_tuple_target = 256);
ALTER TABLE catalogue_itemdocument
    ALTER COLUMN properties SET STORAGE MAIN, ALTER COLUMN properties SET COMPRESSION lz4,
    ALTER COLUMN "foreign" SET STORAGE MAIN, ALTER COLUMN body SET STORAGE MAIN;
"""
MOVE = "INSERT INTO catalogue_itemdocument (item_id, properties) SELECT id, properties FROM catalogue_item"
MOVE_BACK = "UPDATE catalogue_item SET properties = d.properties FROM catalogue_itemdocument d WHERE d.item_id = id"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_projects_scope'),
        ('catalogue', '0004_sensors'),
    ]

    operations = [
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'change of images',
                'verbose_name_plural': 'changes of images',
            },
        ),
        migrations.CreateModel(
            name='DocumentDictionary',
            fields=[
                ('number', models.BigIntegerField(help_text='as frames name it', primary_key=True, serialize=False)),
                ('content', models.BinaryField()),
                ('learnt_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'dictionary of documents',
                'verbose_name_plural': 'dictionaries of documents',
                'ordering': ('learnt_at', 'number'),
            },
        ),
        migrations.CreateModel(
            name='ItemDocument',
            fields=[
                ('item', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='document', serialize=False, to='catalogue.item')),
                ('properties', models.JSONField(default=dict)),
                ('foreign', models.BinaryField(null=True)),
                ('body', models.BinaryField(null=True)),
            ],
            options={
                'verbose_name': 'document of an image',
                'verbose_name_plural': 'documents of images',
            },
        ),
        migrations.RemoveConstraint(
            model_name='item',
            name='catalogue_item_stac_id',
        ),
        migrations.RemoveIndex(
            model_name='item',
            name='catalogue_item_recent',
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.RunSQL(MOVE, MOVE_BACK),
        migrations.RemoveField(
            model_name='item',
            name='properties',
        ),
        migrations.AlterField(
            model_name='item',
            name='collection',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='catalogue.collection'),
        ),
        migrations.AlterField(
            model_name='item',
            name='datetime',
            field=models.DateTimeField(),
        ),
        migrations.AlterField(
            model_name='item',
            name='footprint',
            field=django.contrib.gis.db.models.fields.GeometryField(spatial_index=False, srid=4326),
        ),
        migrations.AlterField(
            model_name='item',
            name='hold_back_organisation',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation'),
        ),
        migrations.AlterField(
            model_name='item',
            name='source_id',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddIndex(
            model_name='item',
            index=django.contrib.postgres.indexes.GistIndex(fields=['footprint', 'datetime'], name='catalogue_item_where_when'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(fields=['-datetime', '-id'], name='catalogue_item_recent'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(fields=['collection', '-datetime', '-id'], include=('cloud_cover', 'platform', 'incidence_angle', 'start_datetime', 'end_datetime', 'withdrawn_at', 'embargo_until', 'hold_back_until'), name='catalogue_item_in_collection'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(django.db.models.expressions.CombinedExpression(models.F('datetime'), '-', models.F('start_datetime')), condition=models.Q(('start_datetime__isnull', False)), name='catalogue_item_before'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(django.db.models.expressions.CombinedExpression(models.F('end_datetime'), '-', models.F('datetime')), condition=models.Q(('end_datetime__isnull', False)), name='catalogue_item_after'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(condition=models.Q(('embargo_until__isnull', False)), fields=['embargo_until'], name='catalogue_item_embargo'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(condition=models.Q(('hold_back_until__isnull', False)), fields=['hold_back_until'], name='catalogue_item_held_until'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(condition=models.Q(('source_id__gt', '')), fields=['source_id'], name='catalogue_item_source'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(condition=models.Q(('hold_back_organisation__isnull', False)), fields=['hold_back_organisation'], name='catalogue_item_held_back'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='asset',
            trigger=pgtrigger.compiler.Trigger(name='empties_body', sql=dinamis.core.triggers.HardTriggerSql(func='UPDATE catalogue_itemdocument SET body = NULL WHERE item_id = coalesce(NEW.item_id, OLD.item_id); RETURN NULL;', hash='1596b5eecc8777be48a449bc5482f7ba1f982ede', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_empties_body_24b95', table='catalogue_asset', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='notes_change', sql=dinamis.core.triggers.HardTriggerSql(func='INSERT INTO catalogue_change (at) VALUES (dinamis_now()); RETURN NULL;', hash='4a3d7fc51baaced7f23523a5553b4baccfe66424', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_notes_change_708df', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='empties_body', sql=dinamis.core.triggers.HardTriggerSql(condition='WHEN (OLD."cloud_cover" IS DISTINCT FROM (NEW."cloud_cover") OR OLD."collection_id" IS DISTINCT FROM (NEW."collection_id") OR OLD."datetime" IS DISTINCT FROM (NEW."datetime") OR OLD."end_datetime" IS DISTINCT FROM (NEW."end_datetime") OR OLD."footprint" IS DISTINCT FROM (NEW."footprint") OR OLD."gsd" IS DISTINCT FROM (NEW."gsd") OR OLD."incidence_angle" IS DISTINCT FROM (NEW."incidence_angle") OR OLD."instruments" IS DISTINCT FROM (NEW."instruments") OR OLD."platform" IS DISTINCT FROM (NEW."platform") OR OLD."processing_level" IS DISTINCT FROM (NEW."processing_level") OR OLD."quicklook_url" IS DISTINCT FROM (NEW."quicklook_url") OR OLD."snow_cover" IS DISTINCT FROM (NEW."snow_cover") OR OLD."spectral" IS DISTINCT FROM (NEW."spectral") OR OLD."stac_id" IS DISTINCT FROM (NEW."stac_id") OR OLD."start_datetime" IS DISTINCT FROM (NEW."start_datetime") OR OLD."sun_elevation" IS DISTINCT FROM (NEW."sun_elevation") OR OLD."title" IS DISTINCT FROM (NEW."title"))', func='UPDATE catalogue_itemdocument SET body = NULL WHERE item_id = NEW.id; RETURN NULL;', hash='4dc33dac443b8c88f2296b68e858369c7279ebab', operation='UPDATE', pgid='pgtrigger_empties_body_4c503', table='catalogue_item', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.UniqueConstraint(fields=('stac_id', 'collection'), name='catalogue_item_stac_id'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='itemdocument',
            trigger=pgtrigger.compiler.Trigger(name='notes_change', sql=dinamis.core.triggers.HardTriggerSql(func='INSERT INTO catalogue_change (at) VALUES (dinamis_now()); RETURN NULL;', hash='755a5384ccf74b23b1dc01c761a36779fed156fc', level='STATEMENT', operation='INSERT OR UPDATE OF "properties" OR DELETE', pgid='pgtrigger_notes_change_89366', table='catalogue_itemdocument', when='AFTER')),
        ),
    ]
