# SPDX-License-Identifier: AGPL-3.0-or-later
"""The production job of an image, and names of places found without their accents."""

from django.db import migrations, models

# unaccent() is only STABLE because its dictionary may change; an index needs a promise, and ours never changes.
PLAIN = """
CREATE FUNCTION dinamis_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$ SELECT regexp_replace(lower(unaccent('unaccent', $1)), '[^a-z0-9]+', ' ', 'g') $$;
CREATE INDEX catalogue_place_plain ON catalogue_adminunit USING gin (dinamis_plain(name) gin_trgm_ops);
CREATE INDEX catalogue_place_prefix ON catalogue_adminunit (dinamis_plain(name) text_pattern_ops);
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="item",
            name="job_id",
            field=models.CharField(blank=True, max_length=200, default=""),
            preserve_default=False,
        ),
        migrations.RunSQL(
            PLAIN,
            "DROP INDEX catalogue_place_prefix; DROP INDEX catalogue_place_plain; DROP FUNCTION dinamis_plain(text)",
        ),
    ]
