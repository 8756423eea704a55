# SPDX-License-Identifier: AGPL-3.0-or-later
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("licensing", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE licensing_certificate_seq", "DROP SEQUENCE licensing_certificate_seq"),
    ]
