from django.db import migrations

# A key of the scope wrote everywhere before: its organisation goes on where it could, until an administrator ends it.
RIGHTS = """
INSERT INTO catalogue_publishingright (organisation_id, collection_id, given_by_id, given_at)
SELECT DISTINCT ON (k.organisation_id, c.id) k.organisation_id, c.id, k.created_by_id, dinamis_now()
FROM accounts_apiclient k CROSS JOIN catalogue_collection c
WHERE k.organisation_id IS NOT NULL AND k.state = 'active' AND 'catalogue:write' = ANY (k.scopes)
ORDER BY k.organisation_id, c.id, k.created_at DESC
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_api_scopes_of_orders'),
        ('catalogue', '0020_stac_publishing_rights'),
    ]

    operations = [
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
