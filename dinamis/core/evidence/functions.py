# SPDX-License-Identifier: AGPL-3.0-or-later
"""The functions of the database behind the evidence. Migrations refer to them by version: add one, change none."""

FACTS_1 = """
CREATE FUNCTION dinamis_facts(row_ jsonb, columns_ text[], digest text[], salt text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT coalesce(jsonb_object_agg(c, CASE
        WHEN c = ANY(digest) AND coalesce(row_->>c, '') <> ''
        THEN to_jsonb('sha256:' || encode(sha256(convert_to(salt || (row_->>c), 'UTF8')), 'hex'))
        ELSE row_->c END), '{}')
    FROM unnest(columns_) AS c
$$;
"""

EVENT_TEXT_1 = """
CREATE FUNCTION dinamis_event_text(e core_event) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
    SELECT jsonb_build_array(
        e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.xact, e.role, e.actor_id,
        e.actor_kind, e.on_behalf, e.action, e.reason_code, e.operation, e.table_name, e.object_id, e.before, e.after
    )::text
$$;
"""

# Runs as the owner: the role of the web may read events and write none.
WRITE_EVENT_1 = """
CREATE FUNCTION dinamis_write_event(operation_ text, table_ text, object_ bigint, before_ jsonb, after_ jsonb)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    e core_event;
    said jsonb := nullif(current_setting('dinamis.event', true), '')::jsonb;
BEGIN
    e.id := nextval(pg_get_serial_sequence('core_event', 'id'));
    e.at := dinamis_now();
    e.xact := pg_current_xact_id()::text::bigint;
    e.role := session_user;
    e.actor_id := (said->>'actor_id')::bigint;
    e.actor_kind := coalesce(said->>'actor_kind', '');
    e.on_behalf := coalesce(said->>'on_behalf', '');
    e.action := coalesce(said->>'action', '');
    e.reason_code := coalesce(said->>'reason_code', '');
    e.operation := operation_;
    e.table_name := table_;
    e.object_id := object_;
    e.before := before_;
    e.after := after_;
    e.sha256 := encode(sha256(convert_to(dinamis_event_text(e), 'UTF8')), 'hex');
    INSERT INTO core_event VALUES (e.*);
END $$;
REVOKE ALL ON FUNCTION dinamis_write_event FROM PUBLIC;

CREATE FUNCTION dinamis_salt(table_ text, object_ bigint) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_ text;
BEGIN
    SELECT salt INTO found_ FROM core_eventsalt WHERE table_name = table_ AND object_id = object_;
    IF NOT FOUND THEN
        found_ := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
        INSERT INTO core_eventsalt (table_name, object_id, salt) VALUES (table_, object_, found_);
    END IF;
    RETURN found_;
END $$;
REVOKE ALL ON FUNCTION dinamis_salt FROM PUBLIC;
"""

RECORD_EVENT_1 = """
CREATE FUNCTION dinamis_record_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
SET timezone = 'UTC' SET datestyle = 'ISO, MDY' AS $$
DECLARE
    columns_ text[] := TG_ARGV[0]::text[];
    digest text[] := TG_ARGV[1]::text[];
    row_ jsonb := to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END);
    salt text := '';
    before_ jsonb;
    after_ jsonb;
BEGIN
    IF TG_OP = 'UPDATE' AND NOT EXISTS (
        SELECT FROM unnest(columns_) AS c WHERE to_jsonb(OLD)->c IS DISTINCT FROM to_jsonb(NEW)->c
    ) THEN
        RETURN NULL;
    END IF;
    IF cardinality(digest) > 0 THEN
        salt := dinamis_salt(TG_TABLE_NAME, (row_->>'id')::bigint);
    END IF;
    IF TG_OP <> 'INSERT' THEN
        before_ := dinamis_facts(to_jsonb(OLD), columns_, digest, salt);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        after_ := dinamis_facts(to_jsonb(NEW), columns_, digest, salt);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(b.key, b.value) INTO before_
        FROM jsonb_each(before_) b WHERE b.value IS DISTINCT FROM after_->b.key;
    END IF;
    PERFORM dinamis_write_event(lower(TG_OP), TG_TABLE_NAME::text, (row_->>'id')::bigint, before_, after_);
    RETURN NULL;
END $$;
"""

# Rows older than their trigger get a first event that says so. Run by migrations, as the owner.
BASELINE_1 = """
CREATE FUNCTION dinamis_baseline(table_ text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, MDY' AS $$
DECLARE
    given text[];
    columns_ text[];
    digest text[];
    row_ jsonb;
    object_ bigint;
    salt text := '';
    written bigint := 0;
BEGIN
    SELECT string_to_array(encode(tgargs, 'escape'), '\\000') INTO STRICT given
    FROM pg_trigger WHERE tgrelid = table_::regclass AND tgname LIKE 'pgtrigger_record_events_%';
    columns_ := given[1]::text[];
    digest := given[2]::text[];
    FOR row_ IN EXECUTE format(
        'SELECT to_jsonb(t) FROM %I t WHERE NOT EXISTS'
        ' (SELECT FROM core_event e WHERE e.table_name = %L AND e.object_id = t.id) ORDER BY t.id', table_, table_)
    LOOP
        object_ := (row_->>'id')::bigint;
        IF cardinality(digest) > 0 THEN
            salt := dinamis_salt(table_, object_);
        END IF;
        PERFORM dinamis_write_event('baseline', table_, object_, NULL, dinamis_facts(row_, columns_, digest, salt));
        written := written + 1;
    END LOOP;
    RETURN written;
END $$;
REVOKE ALL ON FUNCTION dinamis_baseline FROM PUBLIC;
"""

# Writers never wait for each other: the chain is made afterwards, by one caller at a time. A transaction that ends late
# leaves events with lower numbers than those linked already, hence the anti-join; sealing looks at all of them.
LINK_EVENTS_1 = """
CREATE FUNCTION dinamis_link_events(everything boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last_position bigint;
    last_chain text;
    floor_ bigint := 0;
    made bigint := 0;
    e record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('dinamis.evidence', 0));
    SELECT position, chain INTO last_position, last_chain FROM core_eventlink ORDER BY position DESC LIMIT 1;
    last_position := coalesce(last_position, 0);
    last_chain := coalesce(last_chain, repeat('0', 64));
    IF NOT everything THEN
        SELECT coalesce(min(event_id), 0) INTO floor_ FROM core_eventlink WHERE position > last_position - 5000;
    END IF;
    FOR e IN
        SELECT id, sha256 FROM core_event v
        WHERE id >= floor_ AND NOT EXISTS (SELECT FROM core_eventlink l WHERE l.event_id = v.id)
        ORDER BY id LIMIT 50000
    LOOP
        last_position := last_position + 1;
        last_chain := encode(sha256(convert_to(last_chain || e.sha256, 'UTF8')), 'hex');
        INSERT INTO core_eventlink (position, event_id, sha256, chain, linked_at)
        VALUES (last_position, e.id, e.sha256, last_chain, dinamis_now());
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
"""

VERSION_1 = (FACTS_1, EVENT_TEXT_1, WRITE_EVENT_1, RECORD_EVENT_1, BASELINE_1, LINK_EVENTS_1)
DROP_1 = """
DROP FUNCTION dinamis_link_events(boolean); DROP FUNCTION dinamis_baseline(text);
DROP FUNCTION dinamis_record_event() CASCADE; DROP FUNCTION dinamis_salt(text, bigint);
DROP FUNCTION dinamis_write_event(text, text, bigint, jsonb, jsonb); DROP FUNCTION dinamis_event_text(core_event);
DROP FUNCTION dinamis_facts(jsonb, text[], text[], text);
"""
