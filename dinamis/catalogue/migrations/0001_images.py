# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images, their collections and coverages, and the places of France."""

import dinamis.catalogue.models.arrival
import dinamis.core.clock
import dinamis.core.triggers
import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

# Frames are packed already; properties are squeezed in their row (PostgreSQL manual, 73.2 TOAST).
STORAGE = """
ALTER TABLE catalogue_itemdocument SET (toast_tuple_target = 256);
ALTER TABLE catalogue_itemdocument
    ALTER COLUMN properties SET STORAGE MAIN, ALTER COLUMN properties SET COMPRESSION lz4,
    ALTER COLUMN "foreign" SET STORAGE MAIN, ALTER COLUMN body SET STORAGE MAIN;
"""
# The columns a suggestion shows and is ordered by travel in the index; a place without outline is never suggested.
# Places are loaded once and suggested all day: no list of names waits to be sorted in, and is read through meanwhile.
INDEXES = """
CREATE INDEX catalogue_place_prefix ON catalogue_adminunit (plain text_pattern_ops)
    INCLUDE (kind, code, name, parent_code, population) WHERE geometry IS NOT NULL;
CREATE INDEX catalogue_place_bare ON catalogue_adminunit (bare text_pattern_ops)
    INCLUDE (kind, code, name, parent_code, population) WHERE geometry IS NOT NULL AND bare <> '';
CREATE INDEX catalogue_place_code ON catalogue_adminunit (code);
CREATE INDEX catalogue_place_plain ON catalogue_adminunit USING gin (plain gin_trgm_ops) WITH (fastupdate = off)
    WHERE geometry IS NOT NULL;
"""


class Migration(migrations.Migration):

    replaces = [
        ('catalogue', '0001_initial'),
        ('catalogue', '0002_job_and_place_search'),
        ('catalogue', '0003_stereo_images'),
        ('catalogue', '0004_sensors'),
        ('catalogue', '0005_item_documents'),
        ('catalogue', '0006_cell_dates'),
        ('catalogue', '0007_tallies'),
        ('catalogue', '0008_place_search'),
        ('catalogue', '0009_search_areas'),
        ('catalogue', '0010_publications'),
        ('catalogue', '0011_crawls'),
        ('catalogue', '0012_saved_searches'),
        ('catalogue', '0013_basket'),
        ('catalogue', '0014_extents'),
        ('catalogue', '0015_held_index'),
        ('catalogue', '0016_freshness'),
        ('catalogue', '0017_nation_places'),
        ('catalogue', '0018_stac_versions'),
        ('catalogue', '0019_stac_earlier_versions'),
        ('catalogue', '0020_stac_publishing_rights'),
        ('catalogue', '0021_stac_publishers_of_before'),
    ]

    initial = True

    dependencies = [
        ('licensing', '0001_licences'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchArea',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(max_length=22, unique=True)),
                ('geometry', django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326)),
                ('used_on', models.DateField(default=dinamis.core.clock.today)),
            ],
            options={
                'verbose_name': 'area of a search',
                'verbose_name_plural': 'areas of searches',
            },
        ),
        migrations.CreateModel(
            name='ArrivalMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('high', models.BigIntegerField()),
                ('missing', dinamis.catalogue.models.arrival.Int8Multirange(default='{}')),
            ],
            options={
                'verbose_name': 'mark of arrivals',
                'verbose_name_plural': 'marks of arrivals',
            },
        ),
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
            name='Collection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True)),
                ('title_fr', models.CharField(max_length=200)),
                ('title_en', models.CharField(max_length=200)),
                ('description_fr', models.TextField(blank=True)),
                ('description_en', models.TextField(blank=True)),
                ('kind', models.CharField(choices=[('coverage', 'coverage'), ('archive', 'archive and deliveries'), ('relay', 'relayed from another programme')], default='archive', max_length=20)),
                ('family', models.CharField(choices=[('pleiades', 'Pléiades'), ('pleiades-neo', 'Pléiades Neo'), ('spot-6-7', 'SPOT 6-7'), ('spot-1-5', 'SPOT 1-5'), ('sentinel-2', 'Sentinel-2'), ('rapideye', 'RapidEye'), ('aster', 'ASTER'), ('cosmo-skymed', 'COSMO-SkyMed'), ('terrasar-x', 'TerraSAR-X')], max_length=20)),
                ('providers', models.JSONField(blank=True, default=list)),
                ('keywords_fr', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None)),
                ('keywords_en', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None)),
                ('licence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='collections', to='licensing.licence')),
                ('position', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'collection',
                'verbose_name_plural': 'collections',
                'ordering': ('position', 'slug'),
            },
        ),
        migrations.CreateModel(
            name='ExtentNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('collection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.collection')),
                ('west', models.FloatField(null=True)),
                ('south', models.FloatField(null=True)),
                ('east', models.FloatField(null=True)),
                ('north', models.FloatField(null=True)),
                ('first', models.DateTimeField(null=True)),
                ('last', models.DateTimeField(null=True)),
                ('gsd_min', models.FloatField(null=True)),
                ('gsd_max', models.FloatField(null=True)),
                ('cloud_cover_min', models.FloatField(null=True)),
                ('cloud_cover_max', models.FloatField(null=True)),
                ('incidence_angle_min', models.FloatField(null=True)),
                ('incidence_angle_max', models.FloatField(null=True)),
                ('sun_elevation_min', models.FloatField(null=True)),
                ('sun_elevation_max', models.FloatField(null=True)),
                ('platforms', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('shrunk', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': 'reach of a collection',
                'verbose_name_plural': 'reaches of collections',
            },
        ),
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
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('collection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='items', to='catalogue.collection')),
                ('stac_id', models.CharField(max_length=200)),
                ('source_id', models.CharField(blank=True, max_length=200)),
                ('job_id', models.CharField(blank=True, max_length=200)),
                ('title', models.CharField(blank=True, max_length=200)),
                ('footprint', django.contrib.gis.db.models.fields.GeometryField(spatial_index=False, srid=4326)),
                ('datetime', models.DateTimeField()),
                ('start_datetime', models.DateTimeField(null=True)),
                ('end_datetime', models.DateTimeField(null=True)),
                ('platform', models.CharField(max_length=40)),
                ('instruments', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('gsd', models.FloatField(help_text='metres', null=True)),
                ('cloud_cover', models.FloatField(help_text='percent', null=True)),
                ('snow_cover', models.FloatField(help_text='percent', null=True)),
                ('incidence_angle', models.FloatField(help_text='degrees', null=True)),
                ('sun_elevation', models.FloatField(help_text='degrees', null=True)),
                ('processing_level', models.CharField(blank=True, max_length=10)),
                ('spectral', models.CharField(blank=True, max_length=30)),
                ('stereo_count', models.PositiveSmallIntegerField(db_default=1, default=1)),
                ('held', models.BooleanField(default=False)),
                ('embargo_until', models.DateTimeField(blank=True, null=True)),
                ('hold_back_until', models.DateTimeField(blank=True, null=True)),
                ('hold_back_organisation', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('version_of', models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='versions', to='catalogue.item')),
                ('quicklook_url', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'image',
                'verbose_name_plural': 'images',
                'ordering': ('-datetime', 'id'),
                'indexes': [django.contrib.postgres.indexes.GistIndex(fields=['footprint', 'datetime'], name='catalogue_item_where_when'), django.contrib.postgres.indexes.GistIndex(condition=models.Q(('held', True), ('withdrawn_at__isnull', True)), fields=['footprint', 'datetime'], name='catalogue_item_held_where'), models.Index(fields=['-datetime', '-id'], name='catalogue_item_recent'), models.Index(fields=['collection', '-datetime', '-id'], include=('cloud_cover', 'platform', 'incidence_angle', 'start_datetime', 'end_datetime', 'withdrawn_at', 'embargo_until', 'hold_back_until'), name='catalogue_item_in_collection'), models.Index(fields=['cloud_cover', 'id'], name='catalogue_item_clouds'), models.Index(django.db.models.expressions.CombinedExpression(models.F('datetime'), '-', models.F('start_datetime')), condition=models.Q(('start_datetime__isnull', False)), name='catalogue_item_before'), models.Index(django.db.models.expressions.CombinedExpression(models.F('end_datetime'), '-', models.F('datetime')), condition=models.Q(('end_datetime__isnull', False)), name='catalogue_item_after'), models.Index(condition=models.Q(('embargo_until__isnull', False)), fields=['embargo_until'], name='catalogue_item_embargo'), models.Index(condition=models.Q(('hold_back_until__isnull', False)), fields=['hold_back_until'], name='catalogue_item_held_until'), models.Index(condition=models.Q(('source_id__gt', '')), fields=['source_id'], name='catalogue_item_source'), models.Index(condition=models.Q(('version_of__isnull', False)), fields=['version_of'], name='catalogue_item_versions'), models.Index(condition=models.Q(('held', True)), fields=['source_id'], name='catalogue_item_delivered'), models.Index(condition=models.Q(('hold_back_organisation__isnull', False)), fields=['hold_back_organisation'], name='catalogue_item_held_back')],
                'constraints': [models.UniqueConstraint(fields=('stac_id', 'collection'), name='catalogue_item_stac_id'), models.CheckConstraint(condition=models.Q(('cloud_cover__isnull', True), models.Q(('cloud_cover__gte', 0), ('cloud_cover__lte', 100)), _connector='OR'), name='catalogue_item_cloud'), models.CheckConstraint(condition=models.Q(('hold_back_until__isnull', True), ('hold_back_organisation__isnull', False), _connector='OR'), name='catalogue_item_hold_back')],
            },
        ),
        migrations.CreateModel(
            name='Asset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assets', to='catalogue.item')),
                ('key', models.CharField(max_length=60)),
                ('title', models.CharField(blank=True, max_length=200)),
                ('file_name', models.CharField(max_length=200)),
                ('storage_key', models.CharField(max_length=400)),
                ('media_type', models.CharField(max_length=100)),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), default=list, size=None)),
                ('size', models.PositiveBigIntegerField(help_text='bytes')),
                ('sha256', models.CharField(max_length=64)),
                ('public', models.BooleanField(default=False, help_text='quicklook or thumbnail, open to all')),
                ('properties', models.JSONField(default=dict)),
            ],
            options={
                'verbose_name': 'file',
                'verbose_name_plural': 'files',
                'ordering': ('item', 'key'),
                'constraints': [models.UniqueConstraint(fields=('item', 'key'), name='catalogue_asset_key'), models.UniqueConstraint(fields=('item', 'file_name'), name='catalogue_asset_file_name')],
            },
        ),
        migrations.CreateModel(
            name='BasketItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='basket', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.item')),
                ('added_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'image put aside',
                'verbose_name_plural': 'images put aside',
                'ordering': ('added_at', 'id'),
                'constraints': [models.UniqueConstraint(fields=('owner', 'item'), name='catalogue_basket_once')],
            },
        ),
        migrations.CreateModel(
            name='Coverage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('collection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='coverages', to='catalogue.collection')),
                ('year', models.PositiveSmallIntegerField()),
                ('note_fr', models.TextField(blank=True)),
                ('note_en', models.TextField(blank=True)),
            ],
            options={
                'verbose_name': 'coverage',
                'verbose_name_plural': 'coverages',
                'ordering': ('-year', 'collection'),
                'constraints': [models.UniqueConstraint(fields=('collection', 'year'), name='catalogue_coverage_year')],
            },
        ),
        migrations.CreateModel(
            name='CoverageCell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('coverage', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cells', to='catalogue.coverage')),
                ('code', models.CharField(max_length=20)),
                ('geometry', django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326)),
                ('status', models.CharField(choices=[('planned', 'planned'), ('acquired', 'acquired'), ('produced', 'produced'), ('delivered', 'delivered')], default='planned', max_length=20)),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cells', to='catalogue.item')),
                ('scene_ids', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, size=None)),
                ('acquired_on', models.DateField(blank=True, null=True)),
                ('produced_on', models.DateField(blank=True, null=True)),
                ('delivered_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'coverage cell',
                'verbose_name_plural': 'coverage cells',
                'ordering': ('coverage', 'code'),
                'constraints': [models.UniqueConstraint(fields=('coverage', 'code'), name='catalogue_cell_code'), models.CheckConstraint(condition=models.Q(models.Q(('produced_on__isnull', True), ('acquired_on__isnull', True), ('produced_on__gte', models.F('acquired_on')), _connector='OR'), models.Q(('delivered_on__isnull', True), ('produced_on__isnull', True), ('delivered_on__gte', models.F('produced_on')), _connector='OR')), name='catalogue_cell_dates', violation_error_message='A cell is acquired, then produced, then delivered.')],
            },
        ),
        migrations.CreateModel(
            name='Crawl',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.CharField(max_length=1000, verbose_name='address')),
                ('theirs', models.CharField(max_length=200, verbose_name='their collection')),
                ('collection', models.CharField(max_length=50, verbose_name='our collection')),
                ('since', models.CharField(blank=True, max_length=40, verbose_name='acquired since')),
                ('place', models.JSONField(null=True)),
                ('pages', models.PositiveIntegerField(default=0, verbose_name='pages')),
                ('read', models.PositiveIntegerField(default=0, verbose_name='read')),
                ('created', models.PositiveIntegerField(default=0, verbose_name='new')),
                ('updated', models.PositiveIntegerField(default=0, verbose_name='changed')),
                ('unchanged', models.PositiveIntegerField(default=0, verbose_name='as before')),
                ('refused', models.PositiveIntegerField(default=0, verbose_name='refused')),
                ('stopped', models.TextField(blank=True, verbose_name='stopped by')),
                ('started_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False, verbose_name='started on')),
                ('touched_at', models.DateTimeField(default=dinamis.core.clock.now, verbose_name='last page on')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished on')),
            ],
            options={
                'verbose_name': 'crawl',
                'verbose_name_plural': 'crawls',
                'ordering': ('-started_at', '-id'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('finished_at__isnull', True)), fields=('url', 'theirs', 'collection'), name='catalogue_crawl_under_way')],
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
        migrations.CreateModel(
            name='LandCell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('departement', models.CharField(db_index=True, max_length=20)),
                ('commune', models.CharField(blank=True, max_length=200)),
                ('geometry', django.contrib.gis.db.models.fields.PolygonField(srid=4326)),
                ('inside', django.contrib.gis.db.models.fields.PointField(srid=4326)),
            ],
            options={
                'verbose_name': 'cell of the land',
                'verbose_name_plural': 'cells of the land',
                'ordering': ('code',),
            },
        ),
        migrations.CreateModel(
            name='NewestImage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cell', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='newest', to='catalogue.landcell')),
                ('collection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalogue.collection')),
                ('fineness', models.PositiveSmallIntegerField()),
                ('stereo', models.BooleanField()),
                ('taken_at', models.DateTimeField()),
                ('counted_at', models.DateTimeField(default=dinamis.core.clock.now)),
            ],
            options={
                'verbose_name': 'newest image of a cell',
                'verbose_name_plural': 'newest images of cells',
                'constraints': [models.UniqueConstraint(fields=('cell', 'collection', 'fineness', 'stereo'), name='catalogue_newest_of_a_kind')],
            },
        ),
        migrations.CreateModel(
            name='AdminUnit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('region', 'region'), ('departement', 'département'), ('epci', 'EPCI'), ('commune', 'commune')], max_length=20)),
                ('code', models.CharField(max_length=20)),
                ('name', models.CharField(max_length=200)),
                ('parent_code', models.CharField(blank=True, max_length=20)),
                ('population', models.PositiveIntegerField(null=True)),
                ('geometry', django.contrib.gis.db.models.fields.MultiPolygonField(null=True, srid=4326)),
                ('plain', models.GeneratedField(db_persist=True, expression=models.Func(models.F('name'), function='dinamis_plain'), output_field=models.TextField())),
                ('bare', models.GeneratedField(db_persist=True, expression=models.Func(models.Func(models.F('name'), function='dinamis_plain'), models.Value('^(?:(?:l|le|la|les|aux|las|los) (.*)|.*)$'), models.Value('\\1'), function='regexp_replace'), output_field=models.TextField())),
            ],
            options={
                'verbose_name': 'place',
                'verbose_name_plural': 'places',
                'ordering': ('kind', 'code'),
                'constraints': [models.UniqueConstraint(fields=('kind', 'code'), name='catalogue_admin_code')],
            },
        ),
        migrations.CreateModel(
            name='Publication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.apiclient', verbose_name='API key')),
                ('kind', models.CharField(choices=[('insert', 'new images'), ('upsert', 'new and changed images'), ('replace', 'an image replaced'), ('change', 'an image changed'), ('delete', 'an image deleted')], max_length=10, verbose_name='what was done')),
                ('collection', models.CharField(max_length=50, verbose_name='collection')),
                ('stac_id', models.CharField(blank=True, help_text='empty when there are several', max_length=200, verbose_name='image')),
                ('created', models.PositiveIntegerField(default=0, verbose_name='new')),
                ('updated', models.PositiveIntegerField(default=0, verbose_name='changed')),
                ('deleted', models.PositiveIntegerField(default=0, verbose_name='deleted')),
                ('at', models.DateTimeField(default=dinamis.core.clock.now, editable=False, verbose_name='written on')),
            ],
            options={
                'verbose_name': 'publication',
                'verbose_name_plural': 'publications',
                'ordering': ('-at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='PublishingRight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publishing_rights', to='accounts.organisation')),
                ('collection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publishing_rights', to='catalogue.collection')),
                ('given_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('given_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'right to publish',
                'verbose_name_plural': 'rights to publish',
                'ordering': ('organisation__name', 'collection__slug', 'id'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('organisation', 'collection'), name='catalogue_publishing_right_once'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='catalogue_publishing_right_ended')],
            },
        ),
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='saved_searches', to=settings.AUTH_USER_MODEL)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('query', models.TextField()),
                ('alert', models.CharField(choices=[('off', 'never'), ('daily', 'each day'), ('weekly', 'each Monday')], default='off', max_length=10, verbose_name='alert by mail')),
                ('mark', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.arrivalmark')),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'saved search',
                'verbose_name_plural': 'saved searches',
                'ordering': (django.db.models.functions.text.Lower('name'), 'id'),
                'constraints': [models.UniqueConstraint(models.F('owner'), django.db.models.functions.text.Lower('name'), name='catalogue_saved_search_name', violation_error_message='You have saved a search of this name already.'), models.CheckConstraint(condition=models.Q(models.Q(('alert', 'off'), ('mark__isnull', True)), models.Q(models.Q(('alert', 'off'), _negated=True), ('mark__isnull', False)), _connector='OR'), name='catalogue_saved_search_told')],
            },
        ),
        migrations.CreateModel(
            name='Sensor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('platform', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=60)),
                ('family', models.CharField(choices=[('pleiades', 'Pléiades'), ('pleiades-neo', 'Pléiades Neo'), ('spot-6-7', 'SPOT 6-7'), ('spot-1-5', 'SPOT 1-5'), ('sentinel-2', 'Sentinel-2'), ('rapideye', 'RapidEye'), ('aster', 'ASTER'), ('cosmo-skymed', 'COSMO-SkyMed'), ('terrasar-x', 'TerraSAR-X')], max_length=20)),
                ('kind', models.CharField(choices=[('optical', 'optical'), ('sar', 'radar')], default='optical', max_length=10)),
                ('resolution', models.FloatField(help_text='metres, of the finest product')),
                ('launched_on', models.DateField(blank=True, null=True)),
                ('ended_on', models.DateField(blank=True, null=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('collections', models.ManyToManyField(blank=True, related_name='sensors', to='catalogue.collection')),
            ],
            options={
                'verbose_name': 'sensor',
                'verbose_name_plural': 'sensors',
                'ordering': ('position', 'platform'),
                'constraints': [models.CheckConstraint(condition=models.Q(('resolution__gt', 0)), name='catalogue_sensor_resolution'), models.CheckConstraint(condition=models.Q(('launched_on__isnull', True), ('ended_on__isnull', True), ('ended_on__gte', models.F('launched_on')), _connector='OR'), name='catalogue_sensor_service')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='notes_change', sql=dinamis.core.triggers.HardTriggerSql(func='INSERT INTO catalogue_change (at) VALUES (dinamis_now()); RETURN NULL;', hash='4a3d7fc51baaced7f23523a5553b4baccfe66424', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_notes_change_708df', table='catalogue_item', when='AFTER')),
        ),
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
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='extents_insert', sql=dinamis.core.triggers.HardTriggerSql(func='\n    INSERT INTO catalogue_extentnote (collection_id, west, south, first, gsd_min, cloud_cover_min, incidence_angle_min, sun_elevation_min, east, north, last, gsd_max, cloud_cover_max, incidence_angle_max, sun_elevation_max, platforms, shrunk)\n    SELECT come.collection_id, come.west, come.south, come.first, come.gsd_min, come.cloud_cover_min, come.incidence_angle_min, come.sun_elevation_min, come.east, come.north, come.last, come.gsd_max, come.cloud_cover_max, come.incidence_angle_max, come.sun_elevation_max, come.platforms, FALSE\n    FROM (SELECT collection_id, min(ST_XMin(footprint)) AS west, min(ST_YMin(footprint)) AS south, min(datetime) AS first, min(gsd) AS gsd_min, min(cloud_cover) AS cloud_cover_min, min(incidence_angle) AS incidence_angle_min, min(sun_elevation) AS sun_elevation_min, max(ST_XMax(footprint)) AS east, max(ST_YMax(footprint)) AS north, max(datetime) AS last, max(gsd) AS gsd_max, max(cloud_cover) AS cloud_cover_max, max(incidence_angle) AS incidence_angle_max, max(sun_elevation) AS sun_elevation_max, array_agg(DISTINCT platform ORDER BY platform)::varchar[] AS platforms FROM come WHERE withdrawn_at IS NULL GROUP BY collection_id) come LEFT JOIN (\n    SELECT collection_id, min(west) AS west, min(south) AS south, min(first) AS first, min(gsd_min) AS gsd_min, min(cloud_cover_min) AS cloud_cover_min, min(incidence_angle_min) AS incidence_angle_min, min(sun_elevation_min) AS sun_elevation_min, max(east) AS east, max(north) AS north, max(last) AS last, max(gsd_max) AS gsd_max, max(cloud_cover_max) AS cloud_cover_max, max(incidence_angle_max) AS incidence_angle_max, max(sun_elevation_max) AS sun_elevation_max, array_agg(DISTINCT one ORDER BY one) FILTER (WHERE one IS NOT NULL) AS platforms,\n        bool_or(shrunk) AS shrunk\n    FROM catalogue_extentnote LEFT JOIN unnest(platforms) AS one ON TRUE GROUP BY collection_id\n) known USING (collection_id)\n    WHERE known.collection_id IS NULL OR NOT (coalesce(known.west <= come.west, come.west IS NULL) AND coalesce(known.south <= come.south, come.south IS NULL) AND coalesce(known.first <= come.first, come.first IS NULL) AND coalesce(known.gsd_min <= come.gsd_min, come.gsd_min IS NULL) AND coalesce(known.cloud_cover_min <= come.cloud_cover_min, come.cloud_cover_min IS NULL) AND coalesce(known.incidence_angle_min <= come.incidence_angle_min, come.incidence_angle_min IS NULL) AND coalesce(known.sun_elevation_min <= come.sun_elevation_min, come.sun_elevation_min IS NULL) AND coalesce(known.east >= come.east, come.east IS NULL) AND coalesce(known.north >= come.north, come.north IS NULL) AND coalesce(known.last >= come.last, come.last IS NULL) AND coalesce(known.gsd_max >= come.gsd_max, come.gsd_max IS NULL) AND coalesce(known.cloud_cover_max >= come.cloud_cover_max, come.cloud_cover_max IS NULL) AND coalesce(known.incidence_angle_max >= come.incidence_angle_max, come.incidence_angle_max IS NULL) AND coalesce(known.sun_elevation_max >= come.sun_elevation_max, come.sun_elevation_max IS NULL) AND come.platforms <@ known.platforms);\n RETURN NULL;', hash='5341cd2497f72b6c8bffe2bd91677810fa9c0a0e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_extents_insert_436ce', referencing='REFERENCING NEW TABLE AS come ', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='extents_update', sql=dinamis.core.triggers.HardTriggerSql(func="\n    INSERT INTO catalogue_extentnote (collection_id, platforms, shrunk)\n    SELECT gone.collection_id, '{}', TRUE\n    FROM (SELECT collection_id, min(ST_XMin(footprint)) AS west, min(ST_YMin(footprint)) AS south, min(datetime) AS first, min(gsd) AS gsd_min, min(cloud_cover) AS cloud_cover_min, min(incidence_angle) AS incidence_angle_min, min(sun_elevation) AS sun_elevation_min, max(ST_XMax(footprint)) AS east, max(ST_YMax(footprint)) AS north, max(datetime) AS last, max(gsd) AS gsd_max, max(cloud_cover) AS cloud_cover_max, max(incidence_angle) AS incidence_angle_max, max(sun_elevation) AS sun_elevation_max, array_agg(DISTINCT platform ORDER BY platform)::varchar[] AS platforms FROM gone WHERE withdrawn_at IS NULL GROUP BY collection_id) gone JOIN (\n    SELECT collection_id, min(west) AS west, min(south) AS south, min(first) AS first, min(gsd_min) AS gsd_min, min(cloud_cover_min) AS cloud_cover_min, min(incidence_angle_min) AS incidence_angle_min, min(sun_elevation_min) AS sun_elevation_min, max(east) AS east, max(north) AS north, max(last) AS last, max(gsd_max) AS gsd_max, max(cloud_cover_max) AS cloud_cover_max, max(incidence_angle_max) AS incidence_angle_max, max(sun_elevation_max) AS sun_elevation_max, array_agg(DISTINCT one ORDER BY one) FILTER (WHERE one IS NOT NULL) AS platforms,\n        bool_or(shrunk) AS shrunk\n    FROM catalogue_extentnote LEFT JOIN unnest(platforms) AS one ON TRUE GROUP BY collection_id\n) known USING (collection_id)\n    LEFT JOIN (SELECT collection_id, min(ST_XMin(footprint)) AS west, min(ST_YMin(footprint)) AS south, min(datetime) AS first, min(gsd) AS gsd_min, min(cloud_cover) AS cloud_cover_min, min(incidence_angle) AS incidence_angle_min, min(sun_elevation) AS sun_elevation_min, max(ST_XMax(footprint)) AS east, max(ST_YMax(footprint)) AS north, max(datetime) AS last, max(gsd) AS gsd_max, max(cloud_cover) AS cloud_cover_max, max(incidence_angle) AS incidence_angle_max, max(sun_elevation) AS sun_elevation_max, array_agg(DISTINCT platform ORDER BY platform)::varchar[] AS platforms FROM come WHERE withdrawn_at IS NULL GROUP BY collection_id) come USING (collection_id)\n    WHERE NOT known.shrunk AND ((gone.west <= known.west AND NOT coalesce(come.west <= known.west, FALSE)) OR (gone.south <= known.south AND NOT coalesce(come.south <= known.south, FALSE)) OR (gone.first <= known.first AND NOT coalesce(come.first <= known.first, FALSE)) OR (gone.gsd_min <= known.gsd_min AND NOT coalesce(come.gsd_min <= known.gsd_min, FALSE)) OR (gone.cloud_cover_min <= known.cloud_cover_min AND NOT coalesce(come.cloud_cover_min <= known.cloud_cover_min, FALSE)) OR (gone.incidence_angle_min <= known.incidence_angle_min AND NOT coalesce(come.incidence_angle_min <= known.incidence_angle_min, FALSE)) OR (gone.sun_elevation_min <= known.sun_elevation_min AND NOT coalesce(come.sun_elevation_min <= known.sun_elevation_min, FALSE)) OR (gone.east >= known.east AND NOT coalesce(come.east >= known.east, FALSE)) OR (gone.north >= known.north AND NOT coalesce(come.north >= known.north, FALSE)) OR (gone.last >= known.last AND NOT coalesce(come.last >= known.last, FALSE)) OR (gone.gsd_max >= known.gsd_max AND NOT coalesce(come.gsd_max >= known.gsd_max, FALSE)) OR (gone.cloud_cover_max >= known.cloud_cover_max AND NOT coalesce(come.cloud_cover_max >= known.cloud_cover_max, FALSE)) OR (gone.incidence_angle_max >= known.incidence_angle_max AND NOT coalesce(come.incidence_angle_max >= known.incidence_angle_max, FALSE)) OR (gone.sun_elevation_max >= known.sun_elevation_max AND NOT coalesce(come.sun_elevation_max >= known.sun_elevation_max, FALSE)) OR NOT coalesce(gone.platforms <@ come.platforms, FALSE));\n \n    INSERT INTO catalogue_extentnote (collection_id, west, south, first, gsd_min, cloud_cover_min, incidence_angle_min, sun_elevation_min, east, north, last, gsd_max, cloud_cover_max, incidence_angle_max, sun_elevation_max, platforms, shrunk)\n    SELECT come.collection_id, come.west, come.south, come.first, come.gsd_min, come.cloud_cover_min, come.incidence_angle_min, come.sun_elevation_min, come.east, come.north, come.last, come.gsd_max, come.cloud_cover_max, come.incidence_angle_max, come.sun_elevation_max, come.platforms, FALSE\n    FROM (SELECT collection_id, min(ST_XMin(footprint)) AS west, min(ST_YMin(footprint)) AS south, min(datetime) AS first, min(gsd) AS gsd_min, min(cloud_cover) AS cloud_cover_min, min(incidence_angle) AS incidence_angle_min, min(sun_elevation) AS sun_elevation_min, max(ST_XMax(footprint)) AS east, max(ST_YMax(footprint)) AS north, max(datetime) AS last, max(gsd) AS gsd_max, max(cloud_cover) AS cloud_cover_max, max(incidence_angle) AS incidence_angle_max, max(sun_elevation) AS sun_elevation_max, array_agg(DISTINCT platform ORDER BY platform)::varchar[] AS platforms FROM come WHERE withdrawn_at IS NULL GROUP BY collection_id) come LEFT JOIN (\n    SELECT collection_id, min(west) AS west, min(south) AS south, min(first) AS first, min(gsd_min) AS gsd_min, min(cloud_cover_min) AS cloud_cover_min, min(incidence_angle_min) AS incidence_angle_min, min(sun_elevation_min) AS sun_elevation_min, max(east) AS east, max(north) AS north, max(last) AS last, max(gsd_max) AS gsd_max, max(cloud_cover_max) AS cloud_cover_max, max(incidence_angle_max) AS incidence_angle_max, max(sun_elevation_max) AS sun_elevation_max, array_agg(DISTINCT one ORDER BY one) FILTER (WHERE one IS NOT NULL) AS platforms,\n        bool_or(shrunk) AS shrunk\n    FROM catalogue_extentnote LEFT JOIN unnest(platforms) AS one ON TRUE GROUP BY collection_id\n) known USING (collection_id)\n    WHERE known.collection_id IS NULL OR NOT (coalesce(known.west <= come.west, come.west IS NULL) AND coalesce(known.south <= come.south, come.south IS NULL) AND coalesce(known.first <= come.first, come.first IS NULL) AND coalesce(known.gsd_min <= come.gsd_min, come.gsd_min IS NULL) AND coalesce(known.cloud_cover_min <= come.cloud_cover_min, come.cloud_cover_min IS NULL) AND coalesce(known.incidence_angle_min <= come.incidence_angle_min, come.incidence_angle_min IS NULL) AND coalesce(known.sun_elevation_min <= come.sun_elevation_min, come.sun_elevation_min IS NULL) AND coalesce(known.east >= come.east, come.east IS NULL) AND coalesce(known.north >= come.north, come.north IS NULL) AND coalesce(known.last >= come.last, come.last IS NULL) AND coalesce(known.gsd_max >= come.gsd_max, come.gsd_max IS NULL) AND coalesce(known.cloud_cover_max >= come.cloud_cover_max, come.cloud_cover_max IS NULL) AND coalesce(known.incidence_angle_max >= come.incidence_angle_max, come.incidence_angle_max IS NULL) AND coalesce(known.sun_elevation_max >= come.sun_elevation_max, come.sun_elevation_max IS NULL) AND come.platforms <@ known.platforms);\n RETURN NULL;", hash='9e51ae54314b4ce363c06f6647154e24b21bc0ff', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_extents_update_df189', referencing='REFERENCING OLD TABLE AS gone  NEW TABLE AS come ', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='extents_delete', sql=dinamis.core.triggers.HardTriggerSql(func="\n    INSERT INTO catalogue_extentnote (collection_id, platforms, shrunk)\n    SELECT gone.collection_id, '{}', TRUE FROM (SELECT DISTINCT collection_id FROM gone) gone\n    JOIN (\n    SELECT collection_id, min(west) AS west, min(south) AS south, min(first) AS first, min(gsd_min) AS gsd_min, min(cloud_cover_min) AS cloud_cover_min, min(incidence_angle_min) AS incidence_angle_min, min(sun_elevation_min) AS sun_elevation_min, max(east) AS east, max(north) AS north, max(last) AS last, max(gsd_max) AS gsd_max, max(cloud_cover_max) AS cloud_cover_max, max(incidence_angle_max) AS incidence_angle_max, max(sun_elevation_max) AS sun_elevation_max, array_agg(DISTINCT one ORDER BY one) FILTER (WHERE one IS NOT NULL) AS platforms,\n        bool_or(shrunk) AS shrunk\n    FROM catalogue_extentnote LEFT JOIN unnest(platforms) AS one ON TRUE GROUP BY collection_id\n) known USING (collection_id) WHERE NOT known.shrunk;\n RETURN NULL;", hash='f0974726e8ab8e2ab47fa8d0477fa48ae2f60a84', level='STATEMENT', operation='DELETE', pgid='pgtrigger_extents_delete_089a4', referencing='REFERENCING OLD TABLE AS gone ', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='item',
            trigger=pgtrigger.compiler.Trigger(name='empties_body', sql=dinamis.core.triggers.HardTriggerSql(condition='WHEN (OLD."cloud_cover" IS DISTINCT FROM (NEW."cloud_cover") OR OLD."collection_id" IS DISTINCT FROM (NEW."collection_id") OR OLD."datetime" IS DISTINCT FROM (NEW."datetime") OR OLD."end_datetime" IS DISTINCT FROM (NEW."end_datetime") OR OLD."footprint" IS DISTINCT FROM (NEW."footprint") OR OLD."gsd" IS DISTINCT FROM (NEW."gsd") OR OLD."incidence_angle" IS DISTINCT FROM (NEW."incidence_angle") OR OLD."instruments" IS DISTINCT FROM (NEW."instruments") OR OLD."platform" IS DISTINCT FROM (NEW."platform") OR OLD."processing_level" IS DISTINCT FROM (NEW."processing_level") OR OLD."quicklook_url" IS DISTINCT FROM (NEW."quicklook_url") OR OLD."snow_cover" IS DISTINCT FROM (NEW."snow_cover") OR OLD."spectral" IS DISTINCT FROM (NEW."spectral") OR OLD."stac_id" IS DISTINCT FROM (NEW."stac_id") OR OLD."start_datetime" IS DISTINCT FROM (NEW."start_datetime") OR OLD."sun_elevation" IS DISTINCT FROM (NEW."sun_elevation") OR OLD."title" IS DISTINCT FROM (NEW."title"))', func='UPDATE catalogue_itemdocument SET body = NULL WHERE item_id = NEW.id; RETURN NULL;', hash='4dc33dac443b8c88f2296b68e858369c7279ebab', operation='UPDATE', pgid='pgtrigger_empties_body_4c503', table='catalogue_item', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='asset',
            trigger=pgtrigger.compiler.Trigger(name='empties_body', sql=dinamis.core.triggers.HardTriggerSql(func='UPDATE catalogue_itemdocument SET body = NULL WHERE item_id = coalesce(NEW.item_id, OLD.item_id); RETURN NULL;', hash='1596b5eecc8777be48a449bc5482f7ba1f982ede', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_empties_body_24b95', table='catalogue_asset', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='itemdocument',
            trigger=pgtrigger.compiler.Trigger(name='notes_change', sql=dinamis.core.triggers.HardTriggerSql(func='INSERT INTO catalogue_change (at) VALUES (dinamis_now()); RETURN NULL;', hash='755a5384ccf74b23b1dc01c761a36779fed156fc', level='STATEMENT', operation='INSERT OR UPDATE OF "properties" OR DELETE', pgid='pgtrigger_notes_change_89366', table='catalogue_itemdocument', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='publication',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'catalogue.publication: rows are append-only' USING ERRCODE = 'check_violation';", hash='f89287c86b1ca89122baaa92a387257af0469cd6', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_cd2ce', table='catalogue_publication', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='publishingright',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,organisation_id,collection_id,given_by_id,given_at,ended_by_id,ended_at}', '{}')", func='', hash='b2407972048e3be748b76d839fac3e22bca46d53', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_ad1f2', table='catalogue_publishingright', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='publishingright',
            trigger=pgtrigger.compiler.Trigger(name='frozen_grant', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.organisation_id IS DISTINCT FROM NEW.organisation_id OR OLD.collection_id IS DISTINCT FROM NEW.collection_id OR OLD.given_by_id IS DISTINCT FROM NEW.given_by_id OR OLD.given_at IS DISTINCT FROM NEW.given_at) THEN RAISE EXCEPTION 'catalogue.publishingright: organisation_id, collection_id, given_by_id, given_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='c7ae3ad8155347508860791fdb4c4f9d5c6ffa40', operation='UPDATE', pgid='pgtrigger_frozen_grant_6db05', table='catalogue_publishingright', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='publishingright',
            trigger=pgtrigger.compiler.Trigger(name='frozen_end', sql=dinamis.core.triggers.HardTriggerSql(func="IF (OLD.ended_at IS NOT NULL) AND (OLD.ended_at IS DISTINCT FROM NEW.ended_at OR OLD.ended_by_id IS DISTINCT FROM NEW.ended_by_id) THEN RAISE EXCEPTION 'catalogue.publishingright: ended_at, ended_by_id cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='91c2363348db67758b378cf9a99ddfc1472782c9', operation='UPDATE', pgid='pgtrigger_frozen_end_f31aa', table='catalogue_publishingright', when='BEFORE')),
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.RunSQL(INDEXES, migrations.RunSQL.noop),
    ]
