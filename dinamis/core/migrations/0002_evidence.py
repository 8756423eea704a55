# SPDX-License-Identifier: AGPL-3.0-or-later
"""What happened, chained and sealed; messages that wait; what is remembered of requests."""

import dinamis.core.triggers
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from dinamis.core.evidence.functions import DROP_1, VERSION_1


class Migration(migrations.Migration):

    replaces = [
        ('core', '0002_initial'),
        ('core', '0003_idempotency'),
        ('core', '0004_evidence'),
    ]

    dependencies = [
        ('accounts', '0001_people'),
        ('core', '0001_functions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('xact', models.BigIntegerField(help_text='the database transaction: changes made together share it')),
                ('role', models.CharField(help_text='the database role of the session', max_length=63)),
                ('actor_id', models.BigIntegerField(null=True)),
                ('actor_kind', models.CharField(blank=True, max_length=20)),
                ('on_behalf', models.CharField(blank=True, max_length=100)),
                ('action', models.CharField(blank=True, max_length=100)),
                ('reason_code', models.CharField(blank=True, max_length=60)),
                ('operation', models.CharField(max_length=10)),
                ('table_name', models.CharField(max_length=63)),
                ('object_id', models.BigIntegerField()),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
                ('sha256', models.CharField(max_length=64)),
            ],
            options={
                'verbose_name': 'event',
                'verbose_name_plural': 'events',
                'ordering': ('id',),
                'indexes': [models.Index(fields=['table_name', 'object_id', 'id'], name='core_event_of_object')],
            },
        ),
        migrations.CreateModel(
            name='EventSalt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table_name', models.CharField(max_length=63)),
                ('object_id', models.BigIntegerField()),
                ('salt', models.CharField(blank=True, max_length=64)),
                ('erased_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': "salt of an object's digests",
                'verbose_name_plural': "salts of objects' digests",
                'constraints': [models.UniqueConstraint(fields=('table_name', 'object_id'), name='core_salt_of_object'), models.CheckConstraint(condition=models.Q(models.Q(('erased_at__isnull', False), ('salt', '')), models.Q(models.Q(('salt', ''), _negated=True), ('erased_at__isnull', True)), _connector='OR'), name='core_salt_erased')],
            },
        ),
        migrations.CreateModel(
            name='EventLink',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('event_id', models.BigIntegerField(unique=True)),
                ('sha256', models.CharField(max_length=64)),
                ('chain', models.CharField(max_length=64)),
                ('linked_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'link of an event',
                'verbose_name_plural': 'links of events',
                'ordering': ('position',),
            },
        ),
        migrations.CreateModel(
            name='DailySeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True)),
                ('first_position', models.BigIntegerField()),
                ('last_position', models.BigIntegerField()),
                ('count', models.BigIntegerField()),
                ('root', models.CharField(help_text='the chain at the last position', max_length=64)),
                ('previous', models.CharField(help_text='the hash of the seal before', max_length=64)),
                ('sha256', models.CharField(max_length=64)),
                ('sealed_at', models.DateTimeField()),
                ('token', models.BinaryField(null=True)),
                ('token_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'daily seal',
                'verbose_name_plural': 'daily seals',
                'ordering': ('day',),
            },
        ),
        migrations.CreateModel(
            name='StateChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('aggregate', models.CharField(max_length=60)),
                ('object_id', models.BigIntegerField()),
                ('transition', models.CharField(max_length=60)),
                ('from_state', models.CharField(blank=True, max_length=40)),
                ('to_state', models.CharField(max_length=40)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('actor_kind', models.CharField(max_length=20)),
                ('actor_label', models.CharField(max_length=200)),
                ('reason_code', models.CharField(blank=True, max_length=60)),
                ('words', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'state change',
                'verbose_name_plural': 'state changes',
                'ordering': ('at', 'id'),
                'indexes': [models.Index(fields=['aggregate', 'object_id', 'at'], name='core_change_of_object')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(max_length=64, unique=True)),
                ('body_sha256', models.CharField(max_length=64)),
                ('answer', models.BinaryField(default=b'')),
                ('expires_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'verbose_name': 'kept answer',
                'verbose_name_plural': 'kept answers',
                'ordering': ('expires_at',),
            },
        ),
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=200, unique=True)),
                ('payload', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('available_at', models.DateTimeField()),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('leased_until', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('dead_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(blank=True)),
            ],
            options={
                'verbose_name': 'outbox message',
                'verbose_name_plural': 'outbox messages',
                'ordering': ('available_at', 'id'),
                'indexes': [models.Index(condition=models.Q(('dead_at__isnull', True), ('done_at__isnull', True)), fields=['available_at', 'id'], name='core_outbox_due')],
            },
        ),
        migrations.RunSQL("".join(VERSION_1), DROP_1),
        pgtrigger.migrations.AddTrigger(
            model_name='event',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'core.event: rows are append-only' USING ERRCODE = 'check_violation';", hash='6eb4c89344bf62648021779abea5ef9e773e3769', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_56466', table='core_event', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='eventsalt',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{table_name,object_id,erased_at}', '{}')", func='', hash='ea7b03af3ed2d0e489e2a39c38e90f1d63d0740a', operation='UPDATE', pgid='pgtrigger_record_events_8fc3c', table='core_eventsalt', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='eventlink',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'core.eventlink: rows are append-only' USING ERRCODE = 'check_violation';", hash='69b7a2147cead8afda229b5e37ebf94b765e9818', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_cfc20', table='core_eventlink', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dailyseal',
            trigger=pgtrigger.compiler.Trigger(name='frozen_seal', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.day IS DISTINCT FROM NEW.day OR OLD.first_position IS DISTINCT FROM NEW.first_position OR OLD.last_position IS DISTINCT FROM NEW.last_position OR OLD.count IS DISTINCT FROM NEW.count OR OLD.root IS DISTINCT FROM NEW.root OR OLD.previous IS DISTINCT FROM NEW.previous OR OLD.sha256 IS DISTINCT FROM NEW.sha256 OR OLD.sealed_at IS DISTINCT FROM NEW.sealed_at) THEN RAISE EXCEPTION 'core.dailyseal: day, first_position, last_position, count, root, previous, sha256, sealed_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='7fb9f7a8368359ab3ddcc44e88b41be0c3d0fcae', operation='UPDATE', pgid='pgtrigger_frozen_seal_59d73', table='core_dailyseal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='dailyseal',
            trigger=pgtrigger.compiler.Trigger(name='frozen_token', sql=dinamis.core.triggers.HardTriggerSql(func="IF (OLD.token IS NOT NULL) AND (OLD.token IS DISTINCT FROM NEW.token OR OLD.token_at IS DISTINCT FROM NEW.token_at) THEN RAISE EXCEPTION 'core.dailyseal: token, token_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='46b5bec0e64fffcf177c2b5f9cfffb9754da4716', operation='UPDATE', pgid='pgtrigger_frozen_token_a8f82', table='core_dailyseal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statechange',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TG_OP = 'UPDATE') THEN IF NEW.id IS NOT DISTINCT FROM OLD.id AND NEW.aggregate IS NOT DISTINCT FROM OLD.aggregate AND NEW.object_id IS NOT DISTINCT FROM OLD.object_id AND NEW.transition IS NOT DISTINCT FROM OLD.transition AND NEW.from_state IS NOT DISTINCT FROM OLD.from_state AND NEW.to_state IS NOT DISTINCT FROM OLD.to_state AND NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id AND NEW.actor_kind IS NOT DISTINCT FROM OLD.actor_kind AND NEW.reason_code IS NOT DISTINCT FROM OLD.reason_code AND NEW.at IS NOT DISTINCT FROM OLD.at AND NEW.actor_label IN (OLD.actor_label, '[erased]') AND NEW.words IN (OLD.words, '[erased]') THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION 'core.statechange: rows are append-only' USING ERRCODE = 'check_violation';", hash='ea37c387fb1c5c3c8b9412577a8ecaa5d4d6a654', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e05b9', table='core_statechange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statechange',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,aggregate,object_id,transition,from_state,to_state,actor_id,actor_kind,actor_label,reason_code,words,at}', '{actor_label,words}')", func='', hash='6ce1ee2342c114f939e902d15cde13a738a65329', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_152db', table='core_statechange', when='AFTER')),
        ),
    ]
