# SPDX-License-Identifier: AGPL-3.0-or-later

import dinamis.core.clock
import dinamis.core.triggers
import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("core", "0001_clock"),
        ('accounts', '0001_initial'),
        ('catalogue', '0001_initial'),
        ('licensing', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DownloadTicket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('issued_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('expires_at', models.DateTimeField()),
                ('entitlement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.entitlement')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.project')),
            ],
            options={
                'verbose_name': 'download ticket',
                'verbose_name_plural': 'download tickets',
                'ordering': ('-issued_at',),
            },
        ),
        migrations.CreateModel(
            name='Envelope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('family', models.CharField(choices=[('pleiades', 'Pléiades'), ('pleiades-neo', 'Pléiades Neo'), ('spot-6-7', 'SPOT 6-7'), ('spot-1-5', 'SPOT 1-5')], max_length=20)),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='envelopes', to='accounts.organisation')),
            ],
            options={
                'verbose_name': 'envelope',
                'verbose_name_plural': 'envelopes',
                'ordering': ('family', 'period', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('reference', models.CharField(max_length=20, unique=True)),
                ('kind', models.CharField(choices=[('archive', 'archive order'), ('acquisition', 'acquisition request')], default='archive', max_length=20)),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('aoi', django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326, verbose_name='area of interest')),
                ('area_m2', models.BigIntegerField()),
                ('justification', models.TextField(blank=True, verbose_name='why this image is needed')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('submitted', 'submitted'), ('in_review', 'in review'), ('changes_requested', 'changes requested'), ('approved', 'approved'), ('refused', 'refused'), ('placed', 'placed with the provider'), ('in_progress', 'in progress'), ('partly_delivered', 'partly delivered'), ('delivered', 'delivered'), ('closed', 'closed'), ('cancelled', 'cancelled'), ('expired', 'expired'), ('failed', 'failed')], default='draft', max_length=20, verbose_name='state')),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('submitted_at', models.DateTimeField(editable=False, null=True)),
                ('envelope', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='orders.envelope')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='accounts.organisation')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='licensing.project')),
                ('requester', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'order',
                'verbose_name_plural': 'orders',
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='OrderItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('position', models.PositiveSmallIntegerField(default=1)),
                ('aoi', django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326)),
                ('area_m2', models.BigIntegerField()),
                ('billed_area_m2', models.BigIntegerField()),
                ('price_cents', models.BigIntegerField(null=True)),
                ('options', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('pending', 'pending'), ('approved', 'approved'), ('refused', 'refused'), ('placed', 'placed with the provider'), ('in_progress', 'in progress'), ('proposed', 'image proposed'), ('producing', 'in production'), ('delivered', 'delivered'), ('cancelled', 'cancelled'), ('expired', 'expired'), ('failed', 'failed')], default='pending', max_length=20)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='orders.order')),
                ('product', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='produced_by', to='catalogue.item')),
                ('scene', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='order_items', to='catalogue.item')),
            ],
            options={
                'verbose_name': 'order line',
                'verbose_name_plural': 'order lines',
                'ordering': ('order', 'position'),
            },
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('grant', 'grant'), ('adjust', 'adjustment'), ('hold', 'held'), ('commit', 'committed'), ('release', 'released'), ('refund', 'refunded')], max_length=20)),
                ('amount_m2', models.BigIntegerField()),
                ('key', models.CharField(max_length=120, unique=True)),
                ('actor_label', models.CharField(max_length=200)),
                ('words', models.TextField(blank=True)),
                ('at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('envelope', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='orders.envelope')),
                ('order_item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ledger_entries', to='orders.orderitem')),
            ],
            options={
                'verbose_name': 'ledger entry',
                'verbose_name_plural': 'ledger entries',
                'ordering': ('at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='ProviderOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('provider', models.CharField(max_length=40)),
                ('reference', models.CharField(max_length=60, unique=True)),
                ('provider_id', models.CharField(blank=True, max_length=120)),
                ('state', models.CharField(choices=[('received', 'received'), ('accepted', 'accepted'), ('rejected', 'rejected'), ('completed', 'completed'), ('cancelled', 'cancelled'), ('scheduled', 'scheduled'), ('held', 'held'), ('processing', 'processing'), ('reserved', 'reserved'), ('tasked', 'tasked'), ('user_cancelled', 'cancelled by the user'), ('expired', 'expired'), ('failed', 'failed')], default='received', max_length=20)),
                ('reason_code', models.CharField(blank=True, max_length=60)),
                ('reason_text', models.TextField(blank=True)),
                ('payload', models.JSONField(default=dict)),
                ('price_cents', models.BigIntegerField(null=True)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('placed_at', models.DateTimeField(null=True)),
                ('checked_at', models.DateTimeField(null=True)),
                ('order_item', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='provider_order', to='orders.orderitem')),
            ],
            options={
                'verbose_name': 'provider order',
                'verbose_name_plural': 'provider orders',
                'ordering': ('created_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('number', models.PositiveSmallIntegerField(default=1)),
                ('state', models.CharField(choices=[('expected', 'expected'), ('receiving', 'receiving'), ('checking', 'checking'), ('available', 'available'), ('withdrawn', 'withdrawn'), ('rejected', 'rejected'), ('failed', 'failed')], default='expected', max_length=20)),
                ('manifest', models.JSONField(default=list)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='catalogue.item')),
                ('provider_order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='orders.providerorder')),
            ],
            options={
                'verbose_name': 'delivery',
                'verbose_name_plural': 'deliveries',
                'ordering': ('created_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('state', models.CharField(choices=[('open', 'open'), ('decided', 'decided'), ('lapsed', 'lapsed')], default='open', max_length=20)),
                ('opened_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('claimed_until', models.DateTimeField(blank=True, null=True)),
                ('verdict', models.CharField(blank=True, max_length=20)),
                ('reason_code', models.CharField(blank=True, max_length=60)),
                ('words', models.TextField(blank=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('claimed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='orders.order')),
            ],
            options={
                'verbose_name': 'review',
                'verbose_name_plural': 'reviews',
                'ordering': ('opened_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='TicketObject',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('fetched_at', models.DateTimeField(null=True)),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.asset')),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='objects_named', to='orders.downloadticket')),
            ],
            options={
                'verbose_name': 'file of a ticket',
                'verbose_name_plural': 'files of a ticket',
            },
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('area_m2__gt', 0)), name='orders_order_area'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{draft}\'::text[])) THEN RAISE EXCEPTION \'orders.order: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{draft}\'::text[])) THEN RAISE EXCEPTION \'orders.order: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{approved:cancelled,approved:failed,approved:placed,changes_requested:cancelled,changes_requested:expired,changes_requested:in_review,delivered:closed,draft:cancelled,draft:expired,draft:submitted,in_progress:cancelled,in_progress:delivered,in_progress:expired,in_progress:failed,in_progress:partly_delivered,in_review:approved,in_review:cancelled,in_review:changes_requested,in_review:refused,partly_delivered:closed,partly_delivered:delivered,placed:cancelled,placed:delivered,placed:expired,placed:failed,placed:in_progress,placed:partly_delivered,submitted:cancelled,submitted:in_review}\'::text[]))) THEN RAISE EXCEPTION \'orders.order: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='e4af894817f925b4396c3c1da6a6cec5e3a54b23', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_14980', table='orders_order', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='orderitem',
            constraint=models.UniqueConstraint(fields=('order', 'position'), name='orders_item_position'),
        ),
        migrations.AddConstraint(
            model_name='orderitem',
            constraint=models.UniqueConstraint(fields=('order', 'scene'), name='orders_item_scene'),
        ),
        migrations.AddConstraint(
            model_name='orderitem',
            constraint=models.CheckConstraint(condition=models.Q(('area_m2__gt', 0), ('billed_area_m2__gte', models.F('area_m2'))), name='orders_item_area'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderitem',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{pending}\'::text[])) THEN RAISE EXCEPTION \'orders.orderitem: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{pending}\'::text[])) THEN RAISE EXCEPTION \'orders.orderitem: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{approved:cancelled,approved:failed,approved:placed,in_progress:cancelled,in_progress:delivered,in_progress:expired,in_progress:failed,in_progress:producing,in_progress:proposed,pending:approved,pending:cancelled,pending:refused,placed:cancelled,placed:delivered,placed:expired,placed:failed,placed:in_progress,placed:producing,producing:cancelled,producing:delivered,producing:failed,proposed:cancelled,proposed:expired,proposed:in_progress,proposed:producing}\'::text[]))) THEN RAISE EXCEPTION \'orders.orderitem: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='0b987fc48ec639479eafd9115887a887c8f8a7cc', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_f8933', table='orders_orderitem', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_m2__lt', 0), ('kind', 'hold')), models.Q(('amount_m2', 0), ('kind', 'commit')), models.Q(('amount_m2__gt', 0), ('kind__in', ['grant', 'release', 'refund'])), ('kind', 'adjust'), _connector='OR'), name='orders_ledger_sign'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['grant', 'adjust']), ('order_item__isnull', False), _connector='OR'), name='orders_ledger_item'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ledgerentry',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'orders.ledgerentry: rows are append-only' USING ERRCODE = 'check_violation';", hash='7597a8a5527249bcfd8db6c966cb98fb72fc96d1', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_bc8a1', table='orders_ledgerentry', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='providerorder',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{received}\'::text[])) THEN RAISE EXCEPTION \'orders.providerorder: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{received}\'::text[])) THEN RAISE EXCEPTION \'orders.providerorder: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{accepted:cancelled,accepted:completed,accepted:expired,accepted:failed,accepted:held,accepted:processing,accepted:rejected,accepted:reserved,accepted:scheduled,accepted:tasked,accepted:user_cancelled,held:accepted,held:cancelled,held:completed,held:expired,held:failed,held:processing,held:rejected,held:reserved,held:scheduled,held:tasked,held:user_cancelled,processing:accepted,processing:cancelled,processing:completed,processing:expired,processing:failed,processing:held,processing:rejected,processing:reserved,processing:scheduled,processing:tasked,processing:user_cancelled,received:accepted,received:cancelled,received:completed,received:expired,received:failed,received:held,received:processing,received:rejected,received:reserved,received:scheduled,received:tasked,received:user_cancelled,reserved:accepted,reserved:cancelled,reserved:completed,reserved:expired,reserved:failed,reserved:held,reserved:processing,reserved:rejected,reserved:scheduled,reserved:tasked,reserved:user_cancelled,scheduled:accepted,scheduled:cancelled,scheduled:completed,scheduled:expired,scheduled:failed,scheduled:held,scheduled:processing,scheduled:rejected,scheduled:reserved,scheduled:tasked,scheduled:user_cancelled,tasked:accepted,tasked:cancelled,tasked:completed,tasked:expired,tasked:failed,tasked:held,tasked:processing,tasked:rejected,tasked:reserved,tasked:scheduled,tasked:user_cancelled}\'::text[]))) THEN RAISE EXCEPTION \'orders.providerorder: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='1bd7b3d9b98ca92afcf38ac1f3240634fed39b3b', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_f480d', table='orders_providerorder', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('provider_order', 'number'), name='orders_delivery_number'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='delivery',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{expected}\'::text[])) THEN RAISE EXCEPTION \'orders.delivery: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{expected}\'::text[])) THEN RAISE EXCEPTION \'orders.delivery: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{available:withdrawn,checking:available,checking:failed,checking:rejected,expected:failed,expected:receiving,receiving:checking,receiving:failed,receiving:rejected}\'::text[]))) THEN RAISE EXCEPTION \'orders.delivery: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='d445f4c3e0fb3d07e0fec61cf9ed43c441370e56', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_ae33a', table='orders_delivery', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('order',), name='orders_review_one_open'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='review',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{open}\'::text[])) THEN RAISE EXCEPTION \'orders.review: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{open}\'::text[])) THEN RAISE EXCEPTION \'orders.review: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{open:decided,open:lapsed}\'::text[]))) THEN RAISE EXCEPTION \'orders.review: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='d3fe0eb879a5c8e1a4fcaab1eb44b4abf8f06114', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_e40ea', table='orders_review', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='ticketobject',
            constraint=models.UniqueConstraint(fields=('ticket', 'name'), name='orders_ticket_name'),
        ),
    ]
