# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many images of one place were taken on one pass."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_job_and_place_search")]
    operations = [
        migrations.AddField(
            model_name="item",
            name="stereo_count",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
    ]
