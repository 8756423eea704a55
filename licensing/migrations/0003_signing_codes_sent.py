# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("licensing", "0002_certificate_sequence")]
    operations = [
        migrations.AddField(
            model_name="signinglink",
            name="codes_sent",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
