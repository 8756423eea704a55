# SPDX-License-Identifier: AGPL-3.0-or-later

import dinamis.core.clock
import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("core", "0001_clock"),
        ('accounts', '0001_initial'),
        ('licensing', '0001_initial'),
    ]

    operations = [
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
            ],
            options={
                'verbose_name': 'place',
                'verbose_name_plural': 'places',
                'ordering': ('kind', 'code'),
                'constraints': [models.UniqueConstraint(fields=('kind', 'code'), name='catalogue_admin_code')],
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
                ('kind', models.CharField(choices=[('coverage', 'coverage'), ('archive', 'archive and deliveries')], default='archive', max_length=20)),
                ('family', models.CharField(choices=[('pleiades', 'Pléiades'), ('pleiades-neo', 'Pléiades Neo'), ('spot-6-7', 'SPOT 6-7'), ('spot-1-5', 'SPOT 1-5')], max_length=20)),
                ('platforms', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('licence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='collections', to='licensing.licence')),
            ],
            options={
                'verbose_name': 'collection',
                'verbose_name_plural': 'collections',
                'ordering': ('position', 'slug'),
            },
        ),
        migrations.CreateModel(
            name='Coverage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField()),
                ('note_fr', models.TextField(blank=True)),
                ('note_en', models.TextField(blank=True)),
                ('collection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='coverages', to='catalogue.collection')),
            ],
            options={
                'verbose_name': 'coverage',
                'verbose_name_plural': 'coverages',
                'ordering': ('-year', 'collection'),
            },
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stac_id', models.CharField(max_length=200)),
                ('source_id', models.CharField(blank=True, db_index=True, max_length=200)),
                ('title', models.CharField(blank=True, max_length=200)),
                ('footprint', django.contrib.gis.db.models.fields.GeometryField(srid=4326)),
                ('datetime', models.DateTimeField(db_index=True)),
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
                ('properties', models.JSONField(default=dict)),
                ('held', models.BooleanField(default=False)),
                ('embargo_until', models.DateTimeField(blank=True, null=True)),
                ('hold_back_until', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('quicklook_url', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('collection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='catalogue.collection')),
                ('hold_back_organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
            ],
            options={
                'verbose_name': 'image',
                'verbose_name_plural': 'images',
                'ordering': ('-datetime', 'id'),
            },
        ),
        migrations.CreateModel(
            name='CoverageCell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20)),
                ('geometry', django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326)),
                ('status', models.CharField(choices=[('planned', 'planned'), ('acquired', 'acquired'), ('produced', 'produced'), ('delivered', 'delivered')], default='planned', max_length=20)),
                ('coverage', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cells', to='catalogue.coverage')),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cells', to='catalogue.item')),
            ],
            options={
                'verbose_name': 'coverage cell',
                'verbose_name_plural': 'coverage cells',
                'ordering': ('coverage', 'code'),
            },
        ),
        migrations.CreateModel(
            name='Asset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
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
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assets', to='catalogue.item')),
            ],
            options={
                'verbose_name': 'file',
                'verbose_name_plural': 'files',
                'ordering': ('item', 'key'),
            },
        ),
        migrations.AddConstraint(
            model_name='coverage',
            constraint=models.UniqueConstraint(fields=('collection', 'year'), name='catalogue_coverage_year'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(fields=['collection', '-datetime', 'id'], name='catalogue_item_recent'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(fields=['cloud_cover', 'id'], name='catalogue_item_clouds'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.UniqueConstraint(fields=('collection', 'stac_id'), name='catalogue_item_stac_id'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('cloud_cover__isnull', True), models.Q(('cloud_cover__gte', 0), ('cloud_cover__lte', 100)), _connector='OR'), name='catalogue_item_cloud'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.CheckConstraint(condition=models.Q(('hold_back_until__isnull', True), ('hold_back_organisation__isnull', False), _connector='OR'), name='catalogue_item_hold_back'),
        ),
        migrations.AddConstraint(
            model_name='coveragecell',
            constraint=models.UniqueConstraint(fields=('coverage', 'code'), name='catalogue_cell_code'),
        ),
        migrations.AddConstraint(
            model_name='asset',
            constraint=models.UniqueConstraint(fields=('item', 'key'), name='catalogue_asset_key'),
        ),
        migrations.AddConstraint(
            model_name='asset',
            constraint=models.UniqueConstraint(fields=('item', 'file_name'), name='catalogue_asset_file_name'),
        ),
    ]
