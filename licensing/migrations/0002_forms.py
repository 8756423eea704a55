# SPDX-License-Identifier: AGPL-3.0-or-later
"""The forms that the application comes with."""

from django.db import migrations

from licensing.services.load_forms import load_forms


def load(apps, schema_editor):
    """Write the first revision of the form of each class."""
    load_forms(apps.get_model("licensing", "FormRevision"))


class Migration(migrations.Migration):

    replaces = [
        ('licensing', '0021_change_of_representative'),
    ]

    dependencies = [
        ('licensing', '0001_licences'),
    ]

    operations = [migrations.RunPython(load, migrations.RunPython.noop, elidable=False)]
