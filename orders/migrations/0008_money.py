# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whose an envelope is, its periods, attempts, the sums that the ledger keeps, adjustments by two people."""

import dinamis.core.clock
import dinamis.core.triggers
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


# The commits, releases and refunds of before name their hold; the sums of what was written until now.
FILL = """
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE orders_envelope SET kind = 'organisation' WHERE owner_id IS NOT NULL;
ALTER TABLE orders_ledgerentry DISABLE TRIGGER USER;
UPDATE orders_ledgerentry e SET hold_id = h.id FROM orders_ledgerentry h
WHERE h.order_item_id = e.order_item_id AND h.kind = 'hold' AND e.kind IN ('commit', 'release', 'refund');
ALTER TABLE orders_ledgerentry ENABLE TRIGGER USER;
INSERT INTO orders_envelopetally (envelope_id, granted_m2, held_m2, committed_m2, granted_attempts, held_attempts,
    committed_attempts)
SELECT e.envelope_id, coalesce(sum(e.amount_m2) FILTER (WHERE e.kind IN ('grant', 'adjust')), 0),
    coalesce(sum(CASE e.kind WHEN 'commit' THEN h.amount_m2 ELSE -e.amount_m2 END)
             FILTER (WHERE e.kind IN ('hold', 'release', 'commit')), 0),
    coalesce(sum(CASE e.kind WHEN 'commit' THEN -h.amount_m2 ELSE -e.amount_m2 END)
             FILTER (WHERE e.kind IN ('commit', 'refund')), 0), 0, 0, 0
FROM orders_ledgerentry e LEFT JOIN orders_ledgerentry h ON h.id = e.hold_id GROUP BY e.envelope_id;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_publish_scope'),
        ('licensing', '0021_change_of_representative'),
        ('orders', '0007_life_tickets'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Adjustment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('amount_m2', models.BigIntegerField(default=0)),
                ('attempts', models.IntegerField(default=0)),
                ('recurs', models.BooleanField(default=False, verbose_name='also for the periods to come')),
                ('words', models.TextField(verbose_name='reason')),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('confirmed', 'confirmed'), ('refused', 'refused'), ('withdrawn', 'withdrawn')], default='proposed', max_length=20, verbose_name='state')),
                ('proposed_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'adjustment',
                'verbose_name_plural': 'adjustments',
                'ordering': ('proposed_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='EnvelopeAlert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('percent', models.PositiveSmallIntegerField()),
                ('at', models.DateTimeField(default=dinamis.core.clock.now)),
            ],
            options={
                'verbose_name': 'alert of an envelope',
                'verbose_name_plural': 'alerts of envelopes',
            },
        ),
        migrations.CreateModel(
            name='EnvelopeTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('granted_m2', models.BigIntegerField()),
                ('held_m2', models.BigIntegerField()),
                ('committed_m2', models.BigIntegerField()),
                ('granted_attempts', models.BigIntegerField()),
                ('held_attempts', models.BigIntegerField()),
                ('committed_attempts', models.BigIntegerField()),
            ],
            options={
                'verbose_name': 'sum of an envelope',
                'verbose_name_plural': 'sums of envelopes',
            },
        ),
        migrations.CreateModel(
            name='NationalProgramme',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
            ],
            options={
                'verbose_name': 'programme',
                'verbose_name_plural': 'programmes',
                'ordering': ('name',),
            },
        ),
        migrations.RemoveConstraint(
            model_name='ledgerentry',
            name='orders_ledger_sign',
        ),
        migrations.RemoveConstraint(
            model_name='ledgerentry',
            name='orders_ledger_item',
        ),
        migrations.AddField(
            model_name='envelope',
            name='carry',
            field=models.CharField(choices=[('none', 'nothing'), ('all', 'all of it'), ('share', 'a share')], default='none', max_length=10, verbose_name='what is left at the end'),
        ),
        migrations.AddField(
            model_name='envelope',
            name='carry_percent',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='share carried, in percent'),
        ),
        migrations.AddField(
            model_name='envelope',
            name='counts_attempts',
            field=models.BooleanField(default=False, verbose_name='counts attempts of the provider'),
        ),
        migrations.AddField(
            model_name='envelope',
            name='kind',
            field=models.CharField(choices=[('prefinanced', 'pre-financed volume'), ('programme', 'programme'), ('organisation', 'organisation'), ('common', 'common pot')], default='common', max_length=20, verbose_name='whose'),
        ),
        migrations.AddField(
            model_name='envelope',
            name='previous',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='next', to='orders.envelope'),
        ),
        migrations.AddField(
            model_name='envelope',
            name='renew_attempts',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='envelope',
            name='renew_m2',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='envelope',
            name='renews',
            field=models.BooleanField(default=False, verbose_name='a next period opens by itself'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='attempts',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='hold',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='orders.ledgerentry'),
        ),
        migrations.AlterField(
            model_name='envelope',
            name='family',
            field=models.CharField(choices=[('pleiades', 'Pléiades'), ('pleiades-neo', 'Pléiades Neo'), ('spot-6-7', 'SPOT 6-7'), ('spot-1-5', 'SPOT 1-5'), ('sentinel-2', 'Sentinel-2'), ('rapideye', 'RapidEye'), ('aster', 'ASTER'), ('cosmo-skymed', 'COSMO-SkyMed'), ('terrasar-x', 'TerraSAR-X')], max_length=20, verbose_name='product family'),
        ),
        migrations.AlterField(
            model_name='envelope',
            name='period',
            field=django.contrib.postgres.fields.ranges.DateTimeRangeField(verbose_name='period'),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='amount_m2',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='kind',
            field=models.CharField(choices=[('grant', 'grant'), ('adjust', 'adjustment'), ('hold', 'held'), ('commit', 'committed'), ('release', 'released'), ('refund', 'refunded'), ('carry', 'carried over')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(fields=['envelope', 'at', 'id'], name='orders_ledger_page'),
        ),
        migrations.AddField(
            model_name='adjustment',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='adjustment',
            name='envelope',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='orders.envelope'),
        ),
        migrations.AddField(
            model_name='adjustment',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='envelopealert',
            name='envelope',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='orders.envelope'),
        ),
        migrations.AddField(
            model_name='envelopetally',
            name='envelope',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='orders.envelope'),
        ),
        migrations.AddField(
            model_name='nationalprogramme',
            name='projects',
            field=models.ManyToManyField(blank=True, related_name='programmes', to='licensing.project'),
        ),
        migrations.AddField(
            model_name='envelope',
            name='programme',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='envelopes', to='orders.nationalprogramme'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='of_a_hold', sql=dinamis.core.triggers.HardTriggerSql(condition='WHEN (NEW."kind" IN (\'commit\', \'release\', \'refund\'))', declare='DECLARE held orders_ledgerentry; given record;', func="SELECT * INTO held FROM orders_ledgerentry WHERE id = NEW.hold_id AND kind = 'hold'; IF held.id IS NULL OR held.envelope_id <> NEW.envelope_id OR held.order_item_id <> NEW.order_item_id THEN RAISE EXCEPTION 'orders.ledgerentry: no such hold in this envelope' USING ERRCODE = 'check_violation'; END IF; IF NEW.kind = 'release' AND (NEW.amount_m2 <> -held.amount_m2 OR NEW.attempts <> -held.attempts) THEN RAISE EXCEPTION 'orders.ledgerentry: a release gives back what was held' USING ERRCODE = 'check_violation'; END IF; IF NEW.kind = 'refund' THEN PERFORM pg_advisory_xact_lock(3355, (held.id % 2147483647)::int); IF NOT EXISTS (SELECT 1 FROM orders_ledgerentry WHERE hold_id = held.id AND kind = 'commit') THEN RAISE EXCEPTION 'orders.ledgerentry: the hold is not committed' USING ERRCODE = 'check_violation'; END IF; SELECT coalesce(sum(amount_m2), 0) AS m2, coalesce(sum(attempts), 0) AS attempts INTO given FROM orders_ledgerentry WHERE hold_id = held.id AND kind = 'refund'; IF given.m2 + NEW.amount_m2 > -held.amount_m2 OR given.attempts + NEW.attempts > -held.attempts THEN RAISE EXCEPTION 'orders.ledgerentry: more would be refunded than was held' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW;", hash='b6027e46ae7b46e5754acc842a13d9894ae66110', operation='INSERT', pgid='pgtrigger_of_a_hold_44cce', table='orders_ledgerentry', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='keeps_the_sum', sql=dinamis.core.triggers.HardTriggerSql(declare='DECLARE held orders_ledgerentry;', func="IF NEW.kind = 'commit' THEN SELECT * INTO held FROM orders_ledgerentry WHERE id = NEW.hold_id; END IF; INSERT INTO orders_envelopetally (envelope_id, granted_m2, held_m2, committed_m2, granted_attempts, held_attempts, committed_attempts) SELECT NEW.envelope_id, granted * NEW.amount_m2, CASE NEW.kind WHEN 'commit' THEN held.amount_m2 ELSE holding * NEW.amount_m2 END, CASE NEW.kind WHEN 'commit' THEN -held.amount_m2 ELSE refunding * NEW.amount_m2 END, granted * NEW.attempts, CASE NEW.kind WHEN 'commit' THEN held.attempts ELSE holding * NEW.attempts END, CASE NEW.kind WHEN 'commit' THEN -held.attempts ELSE refunding * NEW.attempts END FROM (SELECT (NEW.kind IN ('grant', 'adjust', 'carry'))::int AS granted, -(NEW.kind IN ('hold', 'release'))::int AS holding, -(NEW.kind = 'refund')::int AS refunding) sign; RETURN NULL;", hash='b0715478e96c8e832c4680956460940744fd28cd', operation='INSERT', pgid='pgtrigger_keeps_the_sum_852fe', table='orders_ledgerentry', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_m2__lte', 0), ('attempts__lte', 0), ('kind', 'hold'), models.Q(('amount_m2', 0), ('attempts', 0), _negated=True)), models.Q(('amount_m2', 0), ('attempts', 0), ('kind', 'commit')), models.Q(('amount_m2__gte', 0), ('attempts__gte', 0), ('kind__in', ['grant', 'release', 'refund']), models.Q(('amount_m2', 0), ('attempts', 0), _negated=True)), models.Q(('kind__in', ['adjust', 'carry']), models.Q(('amount_m2', 0), ('attempts', 0), _negated=True)), _connector='OR'), name='orders_ledger_sign'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ('grant', 'adjust', 'carry')), ('order_item__isnull', False), _connector='OR'), name='orders_ledger_item'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hold__isnull', False), ('kind__in', ('commit', 'release', 'refund'))), models.Q(models.Q(('kind__in', ('commit', 'release', 'refund')), _negated=True), ('hold__isnull', True)), _connector='OR'), name='orders_ledger_hold'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ('commit', 'release'))), fields=('hold',), name='orders_ledger_settled_once'),
        ),
        migrations.AddConstraint(
            model_name='envelope',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'common'), ('owner__isnull', True), ('programme__isnull', True)), models.Q(('kind', 'programme'), ('owner__isnull', True), ('programme__isnull', False)), models.Q(('kind__in', ['organisation', 'prefinanced']), ('owner__isnull', False), ('programme__isnull', True)), _connector='OR'), name='orders_envelope_owner'),
        ),
        migrations.AddConstraint(
            model_name='envelope',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('carry', 'none'), ('carry_percent', 0)), models.Q(('carry', 'all'), ('carry_percent', 100)), models.Q(('carry', 'share'), ('carry_percent__gt', 0), ('carry_percent__lt', 100)), _connector='OR'), name='orders_envelope_carry'),
        ),
        migrations.AddConstraint(
            model_name='envelope',
            constraint=models.CheckConstraint(condition=models.Q(('renew_attempts__gte', 0), ('renew_m2__gte', 0)), name='orders_envelope_renewal'),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_m2', 0), ('attempts', 0), _negated=True), name='orders_adjustment_amount'),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'withdrawn']), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='orders_adjustment_two_people'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adjustment',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{proposed}\'::text[])) THEN RAISE EXCEPTION \'orders.adjustment: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{proposed}\'::text[])) THEN RAISE EXCEPTION \'orders.adjustment: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{proposed:confirmed,proposed:refused,proposed:withdrawn}\'::text[]))) THEN RAISE EXCEPTION \'orders.adjustment: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='e804ff4b4c4d2514daf07f22c86eaafca87192b9', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_0640a', table='orders_adjustment', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='envelopealert',
            constraint=models.UniqueConstraint(fields=('envelope', 'percent'), name='orders_alert_once'),
        ),
    ]
