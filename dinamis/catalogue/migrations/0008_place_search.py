# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names of places kept as they are compared, with and without their article, so that suggestions need no heap."""

from django.contrib.gis.db import models
from django.db import migrations
from django.db.models import F, Func, Value

# What is stored must say the same wherever it is computed: a restore has an empty search path.
PLAIN = """
CREATE OR REPLACE FUNCTION dinamis_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$ SELECT trim(regexp_replace(lower(public.unaccent('public.unaccent', $1)), '[^a-z0-9]+', ' ', 'g')) $$;
DROP INDEX catalogue_place_plain;
DROP INDEX catalogue_place_prefix;
"""
WAS = """
CREATE OR REPLACE FUNCTION dinamis_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$ SELECT regexp_replace(lower(unaccent('unaccent', $1)), '[^a-z0-9]+', ' ', 'g') $$;
CREATE INDEX catalogue_place_plain ON catalogue_adminunit USING gin (dinamis_plain(name) gin_trgm_ops);
CREATE INDEX catalogue_place_prefix ON catalogue_adminunit (dinamis_plain(name) text_pattern_ops);
"""
# The columns a suggestion shows and is ordered by travel in the index; a place without outline is never suggested.
# Places are loaded once and suggested all day: no list of names waits to be sorted in, and is read through meanwhile.
INDEXES = """
CREATE INDEX catalogue_place_prefix ON catalogue_adminunit (plain text_pattern_ops)
    INCLUDE (kind, code, name, parent_code, population) WHERE geometry IS NOT NULL;
CREATE INDEX catalogue_place_bare ON catalogue_adminunit (bare text_pattern_ops)
    INCLUDE (kind, code, name, parent_code, population) WHERE geometry IS NOT NULL AND bare <> '';
CREATE INDEX catalogue_place_code ON catalogue_adminunit (code);
CREATE INDEX catalogue_place_plain ON catalogue_adminunit USING gin (plain gin_trgm_ops) WITH (fastupdate = off)
    WHERE geometry IS NOT NULL;
"""
DROP = """
DROP INDEX catalogue_place_plain;
DROP INDEX catalogue_place_code;
DROP INDEX catalogue_place_bare;
DROP INDEX catalogue_place_prefix;
"""
PLAIN_NAME = Func(F("name"), function="dinamis_plain")
BARE_NAME = Func(PLAIN_NAME, Value("^(?:(?:l|le|la|les|aux|las|los) (.*)|.*)$"), Value(r"\1"), function="regexp_replace")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0007_tallies")]
    operations = [
        migrations.RunSQL(PLAIN, WAS),
        migrations.AddField(
            "adminunit",
            "plain",
            models.GeneratedField(expression=PLAIN_NAME, output_field=models.TextField(), db_persist=True),
        ),
        migrations.AddField(
            "adminunit",
            "bare",
            models.GeneratedField(expression=BARE_NAME, output_field=models.TextField(), db_persist=True),
        ),
        migrations.RunSQL(INDEXES, DROP),
    ]
