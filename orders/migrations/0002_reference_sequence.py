# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE orders_reference_seq", "DROP SEQUENCE orders_reference_seq"),
    ]
