# SPDX-License-Identifier: AGPL-3.0-or-later
import dinamis.core.triggers
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0014_api_scopes_of_orders'),
        ('orders', '0025_nation_needs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='ledgerentry',
            name='of_a_hold',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='ledgerentry',
            name='keeps_the_sum',
        ),
        migrations.RemoveConstraint(
            model_name='adjustment',
            name='orders_adjustment_amount',
        ),
        migrations.RemoveConstraint(
            model_name='envelope',
            name='orders_envelope_renewal',
        ),
        migrations.RemoveConstraint(
            model_name='ledgerentry',
            name='orders_ledger_sign',
        ),
        migrations.RemoveConstraint(
            model_name='ledgerentry',
            name='orders_ledger_hold',
        ),
        migrations.AddField(
            model_name='adjustment',
            name='amount_cents',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='envelope',
            name='counts_euros',
            field=models.BooleanField(default=False, verbose_name='has a ceiling in euros'),
        ),
        migrations.AddField(
            model_name='envelope',
            name='renew_cents',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='envelopetally',
            name='committed_cents',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='envelopetally',
            name='granted_cents',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='envelopetally',
            name='held_cents',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='amount_cents',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='basis',
            field=models.CharField(choices=[('tariff', 'by the tariff'), ('quote', 'by the accepted quote'), ('provider', 'by the price of the provider'), ('line', 'by the price written on the line'), ('hold', 'as it was held'), ('budget', 'budget'), ('unpriced', 'no price was known: counted as zero')], db_default='unpriced', default='unpriced', max_length=10),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='provider_order',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ledger_entries', to='orders.providerorder'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='quote',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.quote'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='tariff',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='orders.tariff'),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='kind',
            field=models.CharField(choices=[('grant', 'grant'), ('adjust', 'adjustment'), ('hold', 'held'), ('commit', 'committed'), ('release', 'released'), ('refund', 'refunded'), ('carry', 'carried over'), ('price', 'price difference')], max_length=20),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='of_a_hold', sql=dinamis.core.triggers.HardTriggerSql(condition='WHEN (NEW."kind" IN (\'commit\', \'release\', \'refund\', \'price\'))', declare='DECLARE held orders_ledgerentry; given record; price bigint;', func="SELECT * INTO held FROM orders_ledgerentry WHERE id = NEW.hold_id AND kind = 'hold'; IF held.id IS NULL OR held.envelope_id <> NEW.envelope_id OR held.order_item_id <> NEW.order_item_id THEN RAISE EXCEPTION 'orders.ledgerentry: no such hold in this envelope' USING ERRCODE = 'check_violation'; END IF; PERFORM pg_advisory_xact_lock(3355, (held.id % 2147483647)::int); SELECT -held.amount_cents - coalesce(sum(amount_cents), 0) INTO price FROM orders_ledgerentry WHERE hold_id = held.id AND kind = 'price'; IF NEW.kind = 'release' AND (NEW.amount_m2 <> -held.amount_m2 OR NEW.attempts <> -held.attempts OR NEW.amount_cents <> price) THEN RAISE EXCEPTION 'orders.ledgerentry: a release gives back what was held' USING ERRCODE = 'check_violation'; END IF; IF NEW.kind IN ('refund', 'price') THEN SELECT coalesce(sum(amount_m2), 0) AS m2, coalesce(sum(attempts), 0) AS attempts, coalesce(sum(amount_cents), 0) AS cents INTO given FROM orders_ledgerentry WHERE hold_id = held.id AND kind IN ('refund', 'release'); IF NEW.kind = 'price' AND (given.m2 <> 0 OR given.attempts <> 0 OR given.cents <> 0 OR price < NEW.amount_cents) THEN RAISE EXCEPTION 'orders.ledgerentry: what was given back keeps its price, and none is below zero' USING ERRCODE = 'check_violation'; END IF; END IF; IF NEW.kind = 'refund' THEN IF NOT EXISTS (SELECT 1 FROM orders_ledgerentry WHERE hold_id = held.id AND kind = 'commit') THEN RAISE EXCEPTION 'orders.ledgerentry: the hold is not committed' USING ERRCODE = 'check_violation'; END IF; IF given.m2 + NEW.amount_m2 > -held.amount_m2 OR given.attempts + NEW.attempts > -held.attempts OR given.cents + NEW.amount_cents > price THEN RAISE EXCEPTION 'orders.ledgerentry: more would be refunded than was held' USING ERRCODE = 'check_violation'; END IF; END IF; RETURN NEW;", hash='d202a74a9c8ce2591df55b63cb895c9c8123127c', operation='INSERT', pgid='pgtrigger_of_a_hold_44cce', table='orders_ledgerentry', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='keeps_the_sum', sql=dinamis.core.triggers.HardTriggerSql(declare='DECLARE held record; debt boolean;', func="IF NEW.kind = 'commit' THEN SELECT sum(amount_m2)::bigint AS amount_m2, sum(attempts)::bigint AS attempts, sum(amount_cents)::bigint AS amount_cents INTO held FROM orders_ledgerentry WHERE id = NEW.hold_id OR (hold_id = NEW.hold_id AND kind = 'price'); ELSE SELECT 0::bigint AS amount_m2, 0::bigint AS attempts, 0::bigint AS amount_cents INTO held; END IF; debt := NEW.kind = 'price' AND EXISTS (SELECT 1 FROM orders_ledgerentry WHERE hold_id = NEW.hold_id AND kind = 'commit'); INSERT INTO orders_envelopetally (envelope_id, granted_m2, held_m2, committed_m2, granted_attempts, held_attempts, committed_attempts, granted_cents, held_cents, committed_cents) SELECT NEW.envelope_id, granted * NEW.amount_m2, CASE NEW.kind WHEN 'commit' THEN held.amount_m2 ELSE holding * NEW.amount_m2 END, CASE NEW.kind WHEN 'commit' THEN -held.amount_m2 ELSE refunding * NEW.amount_m2 END, granted * NEW.attempts, CASE NEW.kind WHEN 'commit' THEN held.attempts ELSE holding * NEW.attempts END, CASE NEW.kind WHEN 'commit' THEN -held.attempts ELSE refunding * NEW.attempts END, granted * NEW.amount_cents, CASE NEW.kind WHEN 'commit' THEN held.amount_cents ELSE holding * NEW.amount_cents END, CASE NEW.kind WHEN 'commit' THEN -held.amount_cents ELSE refunding * NEW.amount_cents END FROM (SELECT (NEW.kind IN ('grant', 'adjust', 'carry'))::int AS granted, -(NEW.kind IN ('hold', 'release') OR NEW.kind = 'price' AND NOT debt)::int AS holding, -(NEW.kind = 'refund' OR debt)::int AS refunding) sign; RETURN NULL;", hash='977375e095d1ea3886cb7ae2decfbd701a4e6560', operation='INSERT', pgid='pgtrigger_keeps_the_sum_852fe', table='orders_ledgerentry', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='leaves_room', sql=dinamis.core.triggers.HardTriggerSql(condition='WHEN (NEW."amount_cents" < 0 AND NEW."kind" IN (\'hold\', \'price\', \'adjust\', \'carry\'))', declare='DECLARE room bigint;', func="IF NOT EXISTS (SELECT 1 FROM orders_envelope WHERE id = NEW.envelope_id AND counts_euros) OR (NEW.kind = 'price' AND EXISTS (SELECT 1 FROM orders_ledgerentry WHERE hold_id = NEW.hold_id AND kind = 'commit')) THEN RETURN NULL; END IF; PERFORM pg_advisory_xact_lock(3354, NEW.envelope_id::int); SELECT coalesce(sum(granted_cents - held_cents - committed_cents), 0) INTO room FROM orders_envelopetally WHERE envelope_id = NEW.envelope_id; IF room < 0 THEN RAISE EXCEPTION 'orders.ledgerentry: the ceiling in euros leaves no room' USING ERRCODE = 'check_violation'; END IF; RETURN NULL;", hash='b56c5c23d7b16e50f6f1da4170e72a2c7a785b03', operation='INSERT', pgid='pgtrigger_leaves_room_64396', table='orders_ledgerentry', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='adjustment',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents', 0), ('amount_m2', 0), ('attempts', 0), _negated=True), name='orders_adjustment_amount'),
        ),
        migrations.AddConstraint(
            model_name='envelope',
            constraint=models.CheckConstraint(condition=models.Q(('renew_attempts__gte', 0), ('renew_cents__gte', 0), ('renew_m2__gte', 0)), name='orders_envelope_renewal'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_cents__lte', 0), ('amount_m2__lte', 0), ('attempts__lte', 0), ('kind', 'hold'), models.Q(('amount_cents', 0), ('amount_m2', 0), ('attempts', 0), _negated=True)), models.Q(('kind', 'commit'), ('amount_cents', 0), ('amount_m2', 0), ('attempts', 0)), models.Q(('amount_m2', 0), ('attempts', 0), ('kind', 'price'), models.Q(('amount_cents', 0), _negated=True)), models.Q(('amount_cents__gte', 0), ('amount_m2__gte', 0), ('attempts__gte', 0), ('kind__in', ['grant', 'release', 'refund']), models.Q(('amount_cents', 0), ('amount_m2', 0), ('attempts', 0), _negated=True)), models.Q(('kind__in', ['adjust', 'carry']), models.Q(('amount_cents', 0), ('amount_m2', 0), ('attempts', 0), _negated=True)), _connector='OR'), name='orders_ledger_sign'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('basis', 'tariff'), ('tariff__isnull', False)), models.Q(('basis', 'quote'), ('quote__isnull', False)), models.Q(('basis', 'provider'), ('provider_order__isnull', False)), models.Q(('basis', 'line'), ('order_item__isnull', False)), models.Q(('basis', 'hold'), ('hold__isnull', False)), models.Q(('basis', 'budget'), ('kind__in', ('grant', 'adjust', 'carry'))), models.Q(('amount_cents', 0), ('basis', 'unpriced')), _connector='OR'), name='orders_ledger_price'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hold__isnull', False), ('kind__in', ('commit', 'release', 'refund', 'price'))), models.Q(models.Q(('kind__in', ('commit', 'release', 'refund', 'price')), _negated=True), ('hold__isnull', True)), _connector='OR'), name='orders_ledger_hold'),
        ),
    ]
