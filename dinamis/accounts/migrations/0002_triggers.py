# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the database refuses and records of people and organisations."""

import dinamis.core.triggers
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations



class Migration(migrations.Migration):

    replaces = [
        ('accounts', '0014_api_scopes_of_orders'),
    ]

    dependencies = [
        ('accounts', '0001_people'),
        ('core', '0002_evidence'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='organisation',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,name,acronym,country,siret,ror,uai,sector,city,created_at,ended_at}', '{}')", func='', hash='1ea35806a17c0eebb7a8666478c9d407cd164c70', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_afbf0', table='accounts_organisation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{invited,requested}\'::text[])) THEN RAISE EXCEPTION \'accounts.membership: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{invited,requested}\'::text[])) THEN RAISE EXCEPTION \'accounts.membership: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{active:ended,invited:active,invited:ended,requested:active,requested:ended}\'::text[]))) THEN RAISE EXCEPTION \'accounts.membership: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='366acabbd1d3d10580104197f2b17f90dca2c8ce', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_cd4db', table='accounts_membership', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='last_referent', sql=dinamis.core.triggers.HardTriggerSql(func="IF OLD.role = 'referent' AND OLD.state = 'active' AND (NEW.state <> 'active' OR NEW.role <> 'referent') AND NEW.ending NOT IN ('by_office', 'organisation_ended') THEN PERFORM FROM accounts_organisation WHERE id = OLD.organisation_id FOR NO KEY UPDATE; IF NOT EXISTS ( SELECT FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id WHERE m.organisation_id = OLD.organisation_id AND m.id <> OLD.id AND m.role = 'referent' AND m.state = 'active' AND u.is_active) THEN RAISE EXCEPTION 'accounts.membership: the last référent of the organisation' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW;", hash='05556d012d8c5a0620517aa6b62b5909e7e6c832', operation='UPDATE', pgid='pgtrigger_last_referent_c708b', table='accounts_membership', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,version,user_id,organisation_id,role,state,motivation,created_at,active_from,ended_at,ending}', '{motivation}')", func='', hash='3da2ae63f9eecc140bb6de5cdc9310c028e2915f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_c65a1', table='accounts_membership', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apiclient',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{active}\'::text[])) THEN RAISE EXCEPTION \'accounts.apiclient: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{active}\'::text[])) THEN RAISE EXCEPTION \'accounts.apiclient: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{active:active,active:revoked}\'::text[]))) THEN RAISE EXCEPTION \'accounts.apiclient: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='fab9c0a5dc7a1289932fbdfc9712c8e6546fef5c', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_dcdf1', table='accounts_apiclient', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apiclient',
            trigger=pgtrigger.compiler.Trigger(name='frozen_grant', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.person_id IS DISTINCT FROM NEW.person_id OR OLD.organisation_id IS DISTINCT FROM NEW.organisation_id OR OLD.scopes IS DISTINCT FROM NEW.scopes OR OLD.networks IS DISTINCT FROM NEW.networks OR OLD.access_key IS DISTINCT FROM NEW.access_key OR OLD.created_by_id IS DISTINCT FROM NEW.created_by_id) THEN RAISE EXCEPTION 'accounts.apiclient: person_id, organisation_id, scopes, networks, access_key, created_by_id cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='04045908afcfc30133558e8afe328d8fe9d7e3fc', operation='UPDATE', pgid='pgtrigger_frozen_grant_fe0e2', table='accounts_apiclient', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apiclient',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,version,name,person_id,organisation_id,scopes,networks,access_key,state,created_by_id,created_at,expires_at}', '{name}')", func='', hash='f0d690fded86f29c485b3b7848fdcf5707478869', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_9a44d', table='accounts_apiclient', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='affiliationevidence',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TG_OP = 'UPDATE') THEN IF NEW.id IS NOT DISTINCT FROM OLD.id AND NEW.user_id IS NOT DISTINCT FROM OLD.user_id AND NEW.occasion IS NOT DISTINCT FROM OLD.occasion AND NEW.provider IS NOT DISTINCT FROM OLD.provider AND NEW.issuer IS NOT DISTINCT FROM OLD.issuer AND NEW.observed_at IS NOT DISTINCT FROM OLD.observed_at AND NEW.subject IN (OLD.subject, '[erased]') AND NEW.claims IN (OLD.claims, '[erased]') THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION 'accounts.affiliationevidence: rows are append-only' USING ERRCODE = 'check_violation';", hash='09b144ea1d17f3b82f8a2e4ede340eedf98b02d7', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_ea6b5', table='accounts_affiliationevidence', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='affiliationevidence',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,user_id,occasion,provider,issuer,subject,claims,observed_at}', '{subject,claims}')", func='', hash='982755dc914638ae621857e98e905bab4ec8aee8', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_ae3ba', table='accounts_affiliationevidence', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='affiliationrule',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,organisation_id,scope,affiliation,effect,created_by_id,created_at,ended_at}', '{}')", func='', hash='3bd36d9f65defc5a658e0ef1dbe6ad9c815a7ba5', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_ac585', table='accounts_affiliationrule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invitation',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{sent}\'::text[])) THEN RAISE EXCEPTION \'accounts.invitation: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{sent}\'::text[])) THEN RAISE EXCEPTION \'accounts.invitation: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{sent:accepted,sent:declined,sent:sent,sent:withdrawn}\'::text[]))) THEN RAISE EXCEPTION \'accounts.invitation: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='f5a8307acf29d97cae88d769611cb2e4da42f99e', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_7dfcc', table='accounts_invitation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invitation',
            trigger=pgtrigger.compiler.Trigger(name='frozen_address', sql=dinamis.core.triggers.HardTriggerSql(func="IF (NEW.email <> '[erased]') AND (OLD.organisation_id IS DISTINCT FROM NEW.organisation_id OR OLD.email IS DISTINCT FROM NEW.email OR OLD.invited_by_id IS DISTINCT FROM NEW.invited_by_id) THEN RAISE EXCEPTION 'accounts.invitation: organisation_id, email, invited_by_id cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='46a3d45ed09e0cd95f507d640ee7d82fa204cb4f', operation='UPDATE', pgid='pgtrigger_frozen_address_ae55e', table='accounts_invitation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='invitation',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,version,organisation_id,email,name,language,state,number,invited_by_id,created_at,expires_at,membership_id}', '{email,name}')", func='', hash='161586ff53394e6b4cc0f95cdb9f17ffe8e72460', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_39c17', table='accounts_invitation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dataexport',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,person_id,asked_at,ready_at,expires_at,size,sha256}', '{}')", func='', hash='d2c9074fc7b40e87804d523f4cb894600ea8713f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_1cc4c', table='accounts_dataexport', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='erasure',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{asked}\'::text[])) THEN RAISE EXCEPTION \'accounts.erasure: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{asked}\'::text[])) THEN RAISE EXCEPTION \'accounts.erasure: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{asked:cancelled,asked:done,asked:refused}\'::text[]))) THEN RAISE EXCEPTION \'accounts.erasure: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='200d88f017e2a28fdd699b0ffa9cca3d10418257', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_a43b5', table='accounts_erasure', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='erasure',
            trigger=pgtrigger.compiler.Trigger(name='frozen_request', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.person_id IS DISTINCT FROM NEW.person_id OR OLD.cause IS DISTINCT FROM NEW.cause OR OLD.asked_at IS DISTINCT FROM NEW.asked_at OR OLD.due_at IS DISTINCT FROM NEW.due_at) THEN RAISE EXCEPTION 'accounts.erasure: person_id, cause, asked_at, due_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='b52208b2156e1ec981c5af50c93bd595db3bfe86', operation='UPDATE', pgid='pgtrigger_frozen_request_65b78', table='accounts_erasure', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='erasure',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,version,person_id,state,cause,asked_at,due_at,ended_at}', '{}')", func='', hash='7f0d90df01b864bbd2848bea32edba560ddb9445', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_413c4', table='accounts_erasure', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='nomination',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{proposed}\'::text[])) THEN RAISE EXCEPTION \'accounts.nomination: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{proposed}\'::text[])) THEN RAISE EXCEPTION \'accounts.nomination: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{proposed:accepted,proposed:declined,proposed:expired,proposed:withdrawn}\'::text[]))) THEN RAISE EXCEPTION \'accounts.nomination: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='f6920c50aef59871737512fb976e02c99fcb887e', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_8e6a8', table='accounts_nomination', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='nomination',
            trigger=pgtrigger.compiler.Trigger(name='four_eyes', sql=dinamis.core.triggers.HardTriggerSql(func="IF NEW.by_office AND EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.named_by_id AND m.organisation_id = NEW.organisation_id AND m.state <> 'ended') THEN RAISE EXCEPTION 'accounts.nomination: who decides belongs to the organisation' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='bc4c7982872fe46e998f312fbd55d572c40489c0', operation='INSERT', pgid='pgtrigger_four_eyes_93b1b', table='accounts_nomination', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='nomination',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,version,organisation_id,successor_id,invitation_id,named_by_id,by_office,hands_over,words,state,created_at,expires_at,answered_at,membership_id}', '{words}')", func='', hash='e9c6f534fc9ba24b668a5cd3824f334490f9fb78', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_a97c7', table='accounts_nomination', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{is_superuser,email,office_role,is_staff,is_active}', '{email}')", func='', hash='36d3492a0a7bf82b24be8d367444f4de455ca5d5', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_d7705', table='accounts_user', when='AFTER')),
        ),
    ]
