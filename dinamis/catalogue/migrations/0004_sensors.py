# SPDX-License-Identifier: AGPL-3.0-or-later

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_stereo_images'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='collection',
            name='platforms',
        ),
        migrations.AddField(
            model_name='collection',
            name='keywords_en',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='collection',
            name='keywords_fr',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='collection',
            name='providers',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name='collection',
            name='family',
            field=models.CharField(choices=[('pleiades', 'Pléiades'), ('pleiades-neo', 'Pléiades Neo'), ('spot-6-7', 'SPOT 6-7'), ('spot-1-5', 'SPOT 1-5'), ('sentinel-2', 'Sentinel-2'), ('rapideye', 'RapidEye'), ('aster', 'ASTER'), ('cosmo-skymed', 'COSMO-SkyMed'), ('terrasar-x', 'TerraSAR-X')], max_length=20),
        ),
        migrations.AlterField(
            model_name='collection',
            name='kind',
            field=models.CharField(choices=[('coverage', 'coverage'), ('archive', 'archive and deliveries'), ('relay', 'relayed from another programme')], default='archive', max_length=20),
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
    ]
