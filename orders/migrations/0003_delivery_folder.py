# SPDX-License-Identifier: AGPL-3.0-or-later
import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_reference_sequence")]
    operations = [
        migrations.AddField(
            model_name="delivery",
            name="folder",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
    ]
