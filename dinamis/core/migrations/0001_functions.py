# SPDX-License-Identifier: AGPL-3.0-or-later
"""Extensions of PostgreSQL, the clock of the database, and how names are compared.

`dinamis_now()` reads the session setting `dinamis.now` only where the session's role is a member of `dinamis_clock`, a
role that production does not create.
"""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.db import migrations
CLOCK = """
CREATE FUNCTION dinamis_now() RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    wanted text := current_setting('dinamis.now', true);
BEGIN
    IF wanted IS NULL OR wanted = '' THEN
        RETURN clock_timestamp();
    END IF;
    IF EXISTS (SELECT FROM pg_auth_members m
               JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
               WHERE g.rolname = 'dinamis_clock' AND u.rolname = session_user) THEN
        RETURN wanted::timestamptz;
    END IF;
    RETURN clock_timestamp();
END $$;
"""

# unaccent() is only STABLE because its dictionary may change; an index needs a promise, and ours never changes. What is
# stored must say the same wherever it is computed: a restore has an empty search path.
PLAIN = """
CREATE FUNCTION dinamis_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$ SELECT trim(regexp_replace(lower(public.unaccent('public.unaccent', $1)), '[^a-z0-9]+', ' ', 'g')) $$;
"""


class Migration(migrations.Migration):

    replaces = [
        ('core', '0001_clock'),
    ]

    initial = True

    dependencies = []

    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(CLOCK, "DROP FUNCTION dinamis_now()"),
        migrations.RunSQL(PLAIN, "DROP FUNCTION dinamis_plain(text)"),
    ]
