# SPDX-License-Identifier: AGPL-3.0-or-later

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0004_ticket_api_client'),
    ]

    operations = [
        migrations.AlterField(
            model_name='envelope',
            name='family',
            field=models.CharField(choices=[('pleiades', 'Pléiades'), ('pleiades-neo', 'Pléiades Neo'), ('spot-6-7', 'SPOT 6-7'), ('spot-1-5', 'SPOT 1-5'), ('sentinel-2', 'Sentinel-2'), ('rapideye', 'RapidEye'), ('aster', 'ASTER'), ('cosmo-skymed', 'COSMO-SkyMed'), ('terrasar-x', 'TerraSAR-X')], max_length=20),
        ),
    ]
