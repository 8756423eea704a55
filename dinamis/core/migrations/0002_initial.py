# SPDX-License-Identifier: AGPL-3.0-or-later

import dinamis.core.triggers
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_clock'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
        migrations.CreateModel(
            name='StateChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('aggregate', models.CharField(max_length=60)),
                ('object_id', models.BigIntegerField()),
                ('transition', models.CharField(max_length=60)),
                ('from_state', models.CharField(blank=True, max_length=40)),
                ('to_state', models.CharField(max_length=40)),
                ('actor_kind', models.CharField(max_length=20)),
                ('actor_label', models.CharField(max_length=200)),
                ('reason_code', models.CharField(blank=True, max_length=60)),
                ('words', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'state change',
                'verbose_name_plural': 'state changes',
                'ordering': ('at', 'id'),
                'indexes': [models.Index(fields=['aggregate', 'object_id', 'at'], name='core_change_of_object')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='statechange',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'core.statechange: rows are append-only' USING ERRCODE = 'check_violation';", hash='d21845fb52519235e6c6354dff820bf98260fd37', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e05b9', table='core_statechange', when='BEFORE')),
        ),
    ]
