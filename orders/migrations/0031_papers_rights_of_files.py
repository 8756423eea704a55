# SPDX-License-Identifier: AGPL-3.0-or-later
"""The right under which a file is handed over is noted for each file: a link may name files of several licences."""

import django.db.models.deletion
from django.db import migrations, models

# What was noted until now is the right of the first file; it is all that is known of the others.
COPY = """
UPDATE orders_ticketobject o SET entitlement_id = t.entitlement_id
FROM orders_downloadticket t WHERE t.id = o.ticket_id
"""
COPY_BACK = """
UPDATE orders_downloadticket t SET entitlement_id = (
    SELECT o.entitlement_id FROM orders_ticketobject o WHERE o.ticket_id = t.id ORDER BY o.id LIMIT 1)
"""
LINK = {"on_delete": django.db.models.deletion.PROTECT, "related_name": "+", "to": "licensing.entitlement"}


class Migration(migrations.Migration):
    atomic = True
    dependencies = [
        ("licensing", "0021_change_of_representative"),
        ("orders", "0030_accounts_invoices"),
    ]

    operations = [
        migrations.AddField("ticketobject", "entitlement", models.ForeignKey(null=True, **LINK)),
        migrations.AlterField("downloadticket", "entitlement", models.ForeignKey(null=True, **LINK)),
        migrations.RunSQL(COPY, COPY_BACK),
        # Foreign keys that wait for the end of the transaction stand in the way of a change of their table.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.AlterField("ticketobject", "entitlement", models.ForeignKey(**LINK)),
        migrations.RemoveField("downloadticket", "entitlement"),
    ]
