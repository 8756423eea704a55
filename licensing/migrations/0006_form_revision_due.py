# SPDX-License-Identifier: AGPL-3.0-or-later
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("licensing", "0005_form_revision")]
    operations = [
        migrations.AlterField(
            model_name="adhesion",
            name="form_revision",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="adhesions", to="licensing.formrevision"
            ),
        ),
    ]
