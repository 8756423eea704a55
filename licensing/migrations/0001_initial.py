# SPDX-License-Identifier: AGPL-3.0-or-later

import dinamis.core.clock
import dinamis.core.triggers
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.comparison
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("core", "0001_clock"),
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Licence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(unique=True)),
                ('kind', models.CharField(choices=[('charter', 'charter'), ('product', 'product licence')], default='product', max_length=20)),
                ('name_fr', models.CharField(max_length=200)),
                ('name_en', models.CharField(max_length=200)),
                ('classes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('french_institutional', 'French institution'), ('foreign_scientific', 'foreign scientific institution'), ('private', 'private company in France')], max_length=30), default=list, size=None)),
                ('actions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('download', 'download'), ('order_archive', 'order archive scenes'), ('request_acquisition', 'request acquisitions')], max_length=30), default=list, size=None)),
                ('purposes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('public_service', 'public-service mission, non-commercial'), ('scientific_cooperation', 'scientific cooperation'), ('public_order', 'work for a public body'), ('own_research', 'own research and development')], max_length=30), default=list, size=None)),
                ('acceptors', models.CharField(choices=[('nobody', 'nobody'), ('organisation', 'the organisation'), ('person', 'each person'), ('both', 'the organisation and each person')], default='both', max_length=20)),
                ('credit_line', models.CharField(blank=True, help_text="{year} is the year of acquisition, {sensor} the sensor's public name", max_length=200)),
                ('position', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'licence',
                'verbose_name_plural': 'licences',
                'ordering': ('position', 'code'),
            },
        ),
        migrations.CreateModel(
            name='Acceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('capacity', models.CharField(choices=[('self', 'for oneself'), ('legal_representative', 'for the organisation, as its legal representative')], max_length=30)),
                ('email', models.EmailField(max_length=254)),
                ('language', models.CharField(choices=[('fr', 'French'), ('en', 'English')], max_length=2)),
                ('sha256', models.CharField(max_length=64)),
                ('typed_name', models.CharField(max_length=150)),
                ('authenticated_by', models.CharField(max_length=60)),
                ('accepted_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='accounts.organisation')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'acceptance',
                'verbose_name_plural': 'acceptances',
                'ordering': ('accepted_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='AcceptanceTrace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ip', models.GenericIPAddressField(null=True)),
                ('user_agent', models.CharField(blank=True, max_length=400)),
                ('acceptance', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='trace', to='licensing.acceptance')),
            ],
            options={
                'verbose_name': 'trace of an acceptance',
                'verbose_name_plural': 'traces of acceptances',
            },
        ),
        migrations.CreateModel(
            name='Adhesion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('eligibility_class', models.CharField(choices=[('french_institutional', 'French institution'), ('foreign_scientific', 'foreign scientific institution'), ('private', 'private company in France')], max_length=30, verbose_name='eligibility class')),
                ('legal_representative_name', models.CharField(max_length=150, verbose_name='name of the legal representative')),
                ('legal_representative_title', models.CharField(blank=True, max_length=150, verbose_name='function')),
                ('legal_representative_email', models.EmailField(max_length=254, verbose_name='e-mail of the legal representative')),
                ('mission', models.TextField(blank=True, verbose_name='mission and intended use')),
                ('answers', models.JSONField(blank=True, default=dict)),
                ('form_revision', models.PositiveIntegerField(default=1)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('awaiting_signature', 'awaiting signature'), ('submitted', 'submitted'), ('in_review', 'in review'), ('changes_requested', 'changes requested'), ('approved', 'approved'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('suspended', 'suspended'), ('revoked', 'revoked'), ('terminated', 'ended by the organisation')], default='draft', max_length=30, verbose_name='state')),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField(blank=True, null=True, verbose_name='period')),
                ('claimed_until', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('submitted_at', models.DateTimeField(editable=False, null=True)),
                ('claimed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adhesions', to='accounts.organisation')),
                ('referent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adhesions_filed', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'adhesion',
                'verbose_name_plural': 'adhesions',
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=30, unique=True)),
                ('secret', models.CharField(max_length=32, unique=True)),
                ('issued_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('storage_key', models.CharField(blank=True, max_length=300)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('adhesion', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='certificate', to='licensing.adhesion')),
            ],
            options={
                'verbose_name': 'certificate',
                'verbose_name_plural': 'certificates',
                'ordering': ('number',),
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('approve', 'approved'), ('refuse', 'refused'), ('request_changes', 'changes requested'), ('suspend', 'suspended'), ('resume', 'suspension lifted'), ('revoke', 'revoked')], max_length=20)),
                ('reason_code', models.CharField(blank=True, max_length=60)),
                ('words', models.TextField()),
                ('decided_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('version_seen', models.PositiveIntegerField()),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='licensing.adhesion')),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'decision',
                'verbose_name_plural': 'decisions',
                'ordering': ('decided_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='EvidenceFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('file_name', models.CharField(max_length=200)),
                ('storage_key', models.CharField(max_length=300)),
                ('media_type', models.CharField(max_length=100)),
                ('size', models.PositiveBigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('scan', models.CharField(choices=[('unscanned', 'not scanned'), ('clean', 'clean'), ('infected', 'infected')], default='unscanned', max_length=20)),
                ('uploaded_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='evidence', to='licensing.adhesion')),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'evidence file',
                'verbose_name_plural': 'evidence files',
                'ordering': ('uploaded_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Block',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.TextField()),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='blocks', to='accounts.organisation')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='blocks', to=settings.AUTH_USER_MODEL)),
                ('licence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='blocks', to='licensing.licence')),
            ],
            options={
                'verbose_name': 'block',
                'verbose_name_plural': 'blocks',
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='LicenceVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('number', models.PositiveIntegerField()),
                ('text_fr', models.TextField()),
                ('text_en', models.TextField()),
                ('sha256_fr', models.CharField(max_length=64)),
                ('sha256_en', models.CharField(max_length=64)),
                ('material', models.BooleanField(default=True, help_text='whether those who signed before must sign again')),
                ('grace_days', models.PositiveIntegerField(default=30)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('published', 'published'), ('superseded', 'superseded')], default='draft', max_length=20)),
                ('published_at', models.DateTimeField(editable=False, null=True)),
                ('licence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='licensing.licence')),
            ],
            options={
                'verbose_name': 'licence version',
                'verbose_name_plural': 'licence versions',
                'ordering': ('licence', '-number'),
            },
        ),
        migrations.AddField(
            model_name='acceptance',
            name='licence_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='licensing.licenceversion'),
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('purpose', models.CharField(choices=[('public_service', 'public-service mission, non-commercial'), ('scientific_cooperation', 'scientific cooperation'), ('public_order', 'work for a public body'), ('own_research', 'own research and development')], default='public_service', max_length=30, verbose_name='purpose')),
                ('theme', models.CharField(blank=True, max_length=100, verbose_name='theme')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('starts_on', models.DateField(blank=True, null=True, verbose_name='starts on')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='ends on')),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='accounts.organisation')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='projects', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'project',
                'verbose_name_plural': 'projects',
                'ordering': ('-created_at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='Entitlement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('purpose', models.CharField(choices=[('public_service', 'public-service mission, non-commercial'), ('scientific_cooperation', 'scientific cooperation'), ('public_order', 'work for a public body'), ('own_research', 'own research and development')], max_length=30)),
                ('eligibility_class', models.CharField(choices=[('french_institutional', 'French institution'), ('foreign_scientific', 'foreign scientific institution'), ('private', 'private company in France')], max_length=30)),
                ('actions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('download', 'download'), ('order_archive', 'order archive scenes'), ('request_acquisition', 'request acquisitions')], max_length=30), size=None)),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('state', models.CharField(choices=[('granted', 'granted'), ('superseded', 'superseded'), ('revoked', 'revoked')], default='granted', max_length=20)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='licensing.adhesion')),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='licensing.decision')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='accounts.organisation')),
                ('supersedes', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='licensing.entitlement')),
                ('licence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='licensing.licence')),
                ('project', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='licensing.project')),
            ],
            options={
                'verbose_name': 'entitlement',
                'verbose_name_plural': 'entitlements',
                'ordering': ('organisation', 'licence', 'created_at'),
            },
        ),
        migrations.CreateModel(
            name='SigningLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('language', models.CharField(choices=[('fr', 'French'), ('en', 'English')], default='fr', max_length=2)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('expires_at', models.DateTimeField()),
                ('code_sha256', models.CharField(blank=True, max_length=64)),
                ('code_expires_at', models.DateTimeField(null=True)),
                ('code_attempts', models.PositiveSmallIntegerField(default=0)),
                ('used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='signing_links', to='licensing.adhesion')),
            ],
            options={
                'verbose_name': 'signing link',
                'verbose_name_plural': 'signing links',
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.CharField(choices=[('no_referent', 'the organisation has no référent'), ('new_version', 'a new version of the licence awaits a signature'), ('inquiry', 'an inquiry is under way'), ('breach', 'the terms of the licence were not respected'), ('other', 'other')], max_length=20)),
                ('words', models.TextField()),
                ('began_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_words', models.TextField(blank=True)),
                ('began_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entitlement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suspensions', to='licensing.entitlement')),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'suspension',
                'verbose_name_plural': 'suspensions',
                'ordering': ('began_at', 'id'),
            },
        ),
        migrations.AddConstraint(
            model_name='adhesion',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('refused', 'withdrawn', 'revoked', 'terminated')), _negated=True), fields=('organisation', 'eligibility_class'), name='licensing_adhesion_one_open', violation_error_message='This organisation has an adhesion of this class already.'),
        ),
        migrations.AddConstraint(
            model_name='adhesion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['approved', 'suspended']), _negated=True), ('period__isnull', False), _connector='OR'), name='licensing_adhesion_period'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adhesion',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{draft}\'::text[])) THEN RAISE EXCEPTION \'licensing.adhesion: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{draft}\'::text[])) THEN RAISE EXCEPTION \'licensing.adhesion: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{approved:suspended,approved:terminated,awaiting_signature:draft,awaiting_signature:submitted,awaiting_signature:withdrawn,changes_requested:in_review,changes_requested:withdrawn,draft:awaiting_signature,draft:withdrawn,in_review:approved,in_review:changes_requested,in_review:refused,in_review:withdrawn,submitted:in_review,submitted:withdrawn,suspended:approved,suspended:revoked,suspended:terminated}\'::text[]))) THEN RAISE EXCEPTION \'licensing.adhesion: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='b6b88677d8ffb1fced9bcaa0ccd47cf8a7599f46', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_539df', table='licensing_adhesion', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='licensing_decision_reasoned'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'licensing.decision: rows are append-only' USING ERRCODE = 'check_violation';", hash='504f6c6bea3787af843777753b11230211ac932b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a5e46', table='licensing_decision', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='block',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('organisation__isnull', True), ('person__isnull', False)), models.Q(('organisation__isnull', False), ('person__isnull', True)), _connector='OR'), name='licensing_block_one_subject'),
        ),
        migrations.AddConstraint(
            model_name='licenceversion',
            constraint=models.UniqueConstraint(fields=('licence', 'number'), name='licensing_version_number'),
        ),
        migrations.AddConstraint(
            model_name='licenceversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'published')), fields=('licence',), name='licensing_version_one_published'),
        ),
        migrations.AddConstraint(
            model_name='licenceversion',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'draft'), ('published_at__isnull', False), _connector='OR'), name='licensing_version_published_at'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='licenceversion',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{draft}\'::text[])) THEN RAISE EXCEPTION \'licensing.licenceversion: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{draft}\'::text[])) THEN RAISE EXCEPTION \'licensing.licenceversion: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{draft:published,published:superseded}\'::text[]))) THEN RAISE EXCEPTION \'licensing.licenceversion: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='50644b65b43263c3def67002cf9a9b35a8fc2555', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_e44d2', table='licensing_licenceversion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='licenceversion',
            trigger=pgtrigger.compiler.Trigger(name='frozen_text', sql=dinamis.core.triggers.HardTriggerSql(func="IF (OLD.state <> 'draft') AND (OLD.licence_id IS DISTINCT FROM NEW.licence_id OR OLD.number IS DISTINCT FROM NEW.number OR OLD.text_fr IS DISTINCT FROM NEW.text_fr OR OLD.text_en IS DISTINCT FROM NEW.text_en OR OLD.sha256_fr IS DISTINCT FROM NEW.sha256_fr OR OLD.sha256_en IS DISTINCT FROM NEW.sha256_en OR OLD.material IS DISTINCT FROM NEW.material OR OLD.grace_days IS DISTINCT FROM NEW.grace_days OR OLD.published_at IS DISTINCT FROM NEW.published_at) THEN RAISE EXCEPTION 'licensing.licenceversion: licence_id, number, text_fr, text_en, sha256_fr, sha256_en, material, grace_days, published_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='7950feaf74452f4a5c4551adae6d242c23315978', operation='UPDATE', pgid='pgtrigger_frozen_text_e9266', table='licensing_licenceversion', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='acceptance',
            index=models.Index(fields=['organisation', 'licence_version'], name='licensing_acc_organisation'),
        ),
        migrations.AddIndex(
            model_name='acceptance',
            index=models.Index(fields=['person', 'licence_version'], name='licensing_acc_person'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('capacity', 'self'), ('organisation__isnull', True), ('person__isnull', False)), models.Q(('capacity', 'legal_representative'), ('organisation__isnull', False)), _connector='OR'), name='licensing_acceptance_complete'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('typed_name', ''), _negated=True), models.Q(('email', ''), _negated=True), models.Q(('authenticated_by', ''), _negated=True)), name='licensing_acceptance_named'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.UniqueConstraint(condition=models.Q(('capacity', 'self')), fields=('licence_version', 'person'), name='licensing_acceptance_once_self', violation_error_message='You have signed this version already.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='acceptance',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'licensing.acceptance: rows are append-only' USING ERRCODE = 'check_violation';", hash='8425a862014ae08caf27487b561a3fab28c03a53', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_eaefd', table='licensing_acceptance', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.UniqueConstraint(fields=('organisation', 'title'), name='licensing_project_title'),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('starts_on__isnull', True), ('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='licensing_project_dates', violation_error_message='The project ends before it starts.'),
        ),
        migrations.AddConstraint(
            model_name='entitlement',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state', 'granted')), expressions=[('organisation', '='), ('licence', '='), ('purpose', '='), (django.db.models.functions.comparison.Coalesce('project', models.Value(0)), '='), ('period', '&&')], name='licensing_entitlement_no_overlap'),
        ),
        migrations.AddConstraint(
            model_name='entitlement',
            constraint=models.CheckConstraint(condition=models.Q(('period__endswith__isnull', False), ('period__isempty', False), ('period__startswith__isnull', False)), name='licensing_entitlement_period'),
        ),
        migrations.AddConstraint(
            model_name='entitlement',
            constraint=models.CheckConstraint(condition=models.Q(('project__isnull', False), ('eligibility_class', 'french_institutional'), _connector='OR'), name='licensing_entitlement_project'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='entitlement',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{granted}\'::text[])) THEN RAISE EXCEPTION \'licensing.entitlement: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{granted}\'::text[])) THEN RAISE EXCEPTION \'licensing.entitlement: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{granted:revoked,granted:superseded}\'::text[]))) THEN RAISE EXCEPTION \'licensing.entitlement: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='e6cdf6c8fd7ff08c6cb0af07c94a983b27c22441', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_49198', table='licensing_entitlement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='entitlement',
            trigger=pgtrigger.compiler.Trigger(name='frozen_right', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.organisation_id IS DISTINCT FROM NEW.organisation_id OR OLD.licence_id IS DISTINCT FROM NEW.licence_id OR OLD.purpose IS DISTINCT FROM NEW.purpose OR OLD.project_id IS DISTINCT FROM NEW.project_id OR OLD.eligibility_class IS DISTINCT FROM NEW.eligibility_class OR OLD.actions IS DISTINCT FROM NEW.actions OR OLD.period IS DISTINCT FROM NEW.period OR OLD.adhesion_id IS DISTINCT FROM NEW.adhesion_id OR OLD.decision_id IS DISTINCT FROM NEW.decision_id) THEN RAISE EXCEPTION 'licensing.entitlement: organisation_id, licence_id, purpose, project_id, eligibility_class, actions, period, adhesion_id, decision_id cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='aac09626d1947df6544276628cfada10489e8b8d', operation='UPDATE', pgid='pgtrigger_frozen_right_6ead1', table='licensing_entitlement', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='signinglink',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True), ('used_at__isnull', True)), fields=('adhesion',), name='licensing_link_one_open'),
        ),
        migrations.AddConstraint(
            model_name='suspension',
            constraint=models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('entitlement', 'cause'), name='licensing_suspension_one_open', violation_error_message='The right is suspended for this cause already.'),
        ),
        migrations.AddConstraint(
            model_name='suspension',
            constraint=models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='licensing_suspension_reasoned'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='suspension',
            trigger=pgtrigger.compiler.Trigger(name='frozen_start', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.entitlement_id IS DISTINCT FROM NEW.entitlement_id OR OLD.cause IS DISTINCT FROM NEW.cause OR OLD.words IS DISTINCT FROM NEW.words OR OLD.began_at IS DISTINCT FROM NEW.began_at) THEN RAISE EXCEPTION 'licensing.suspension: entitlement_id, cause, words, began_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='9283b61729030e105cc9bdcfa64e5196bd866508', operation='UPDATE', pgid='pgtrigger_frozen_start_dffc0', table='licensing_suspension', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='suspension',
            trigger=pgtrigger.compiler.Trigger(name='frozen_end', sql=dinamis.core.triggers.HardTriggerSql(func="IF (OLD.lifted_at IS NOT NULL) AND (OLD.lifted_at IS DISTINCT FROM NEW.lifted_at) THEN RAISE EXCEPTION 'licensing.suspension: lifted_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='5afc84c5cce101edb314d09aa4254452620de415', operation='UPDATE', pgid='pgtrigger_frozen_end_22887', table='licensing_suspension', when='BEFORE')),
        ),
    ]
