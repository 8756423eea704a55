from django.db import migrations

# Before versions were noted they were told apart by the job in their id (`dimap.item_id`).
VERSIONS = """
WITH again AS (
    SELECT later.id, first.id AS first
    FROM catalogue_item later
    JOIN catalogue_item first ON first.collection_id = later.collection_id AND first.held AND first.id < later.id
        AND later.stac_id = first.stac_id || '_'
            || trim(BOTH '_-' FROM regexp_replace(later.job_id, '[^A-Za-z0-9_-]+', '_', 'g'))
    WHERE later.held AND later.job_id <> ''
), chain AS (SELECT id, first FROM again UNION SELECT first, first FROM again)
UPDATE catalogue_item SET version_of_id = chain.first FROM chain WHERE catalogue_item.id = chain.id
"""
# They tell now where files are handed over.
BODIES = """
UPDATE catalogue_itemdocument SET body = NULL
WHERE body IS NOT NULL AND item_id IN (SELECT item_id FROM catalogue_asset WHERE NOT public)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0018_stac_versions'),
    ]

    operations = [
        migrations.RunSQL(VERSIONS, migrations.RunSQL.noop),
        migrations.RunSQL(BODIES, migrations.RunSQL.noop),
    ]
