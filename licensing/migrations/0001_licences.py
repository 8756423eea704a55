# SPDX-License-Identifier: AGPL-3.0-or-later
"""Licences, adhesions and the rights they give."""

import dinamis.accounts.validators
import dinamis.core.clock
import dinamis.core.triggers
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.functions
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import licensing.validators
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models



class Migration(migrations.Migration):

    replaces = [
        ('licensing', '0001_initial'),
        ('licensing', '0002_certificate_sequence'),
        ('licensing', '0003_signing_codes_sent'),
        ('licensing', '0004_evidence_scans'),
        ('licensing', '0005_form_revision'),
        ('licensing', '0006_form_revision_due'),
        ('licensing', '0007_licence_conditions'),
        ('licensing', '0008_credit_line_names'),
        ('licensing', '0009_api_feed'),
        ('licensing', '0010_renewal'),
        ('licensing', '0011_corrections'),
        ('licensing', '0012_review_side'),
        ('licensing', '0013_evidence'),
        ('licensing', '0014_events_of_later_columns'),
        ('licensing', '0015_events_of_the_review'),
        ('licensing', '0016_basis_of_a_right'),
        ('licensing', '0017_blocks'),
        ('licensing', '0018_projects'),
        ('licensing', '0019_organisation_ends'),
        ('licensing', '0020_blocks_in_the_feed'),
    ]

    initial = True

    dependencies = [
        ('accounts', '0002_triggers'),
    ]

    operations = [
        migrations.CreateModel(
            name='FormRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('eligibility_class', models.CharField(choices=[('french_institutional', 'French institution'), ('foreign_scientific', 'foreign scientific institution'), ('private', 'private company in France')], max_length=30)),
                ('number', models.PositiveIntegerField()),
                ('questions', models.JSONField()),
                ('published_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'form revision',
                'verbose_name_plural': 'form revisions',
                'ordering': ('eligibility_class', 'number'),
                'constraints': [models.UniqueConstraint(fields=('eligibility_class', 'number'), name='licensing_form_revision_number')],
            },
        ),
        migrations.CreateModel(
            name='Adhesion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adhesions', to='accounts.organisation')),
                ('eligibility_class', models.CharField(choices=[('french_institutional', 'French institution'), ('foreign_scientific', 'foreign scientific institution'), ('private', 'private company in France')], max_length=30, verbose_name='eligibility class')),
                ('referent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adhesions_filed', to=settings.AUTH_USER_MODEL)),
                ('legal_representative_name', models.CharField(max_length=150, verbose_name='name of the legal representative')),
                ('legal_representative_title', models.CharField(blank=True, max_length=150, verbose_name='function')),
                ('legal_representative_email', models.EmailField(max_length=254, verbose_name='e-mail of the legal representative')),
                ('mission', models.TextField(blank=True, verbose_name='mission and intended use')),
                ('answers', models.JSONField(blank=True, default=dict)),
                ('form_revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adhesions', to='licensing.formrevision')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('awaiting_signature', 'awaiting signature'), ('submitted', 'submitted'), ('in_review', 'in review'), ('changes_requested', 'changes requested'), ('approved', 'approved'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('suspended', 'suspended'), ('revoked', 'revoked'), ('terminated', 'ended by the organisation')], default='draft', max_length=30, verbose_name='state')),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField(blank=True, null=True, verbose_name='period')),
                ('renews', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='renewals', to='licensing.adhesion')),
                ('claimed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('claimed_until', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('submitted_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'adhesion',
                'verbose_name_plural': 'adhesions',
                'ordering': ('-created_at', '-id'),
                'indexes': [models.Index(condition=models.Q(('state__in', ['submitted', 'in_review', 'changes_requested'])), fields=['submitted_at', 'id'], name='licensing_adhesion_queue')],
                'constraints': [models.UniqueConstraint(condition=models.Q(models.Q(('state__in', ('refused', 'withdrawn', 'revoked', 'terminated')), _negated=True), ('renews__isnull', True)), fields=('organisation', 'eligibility_class'), name='licensing_adhesion_one_open', violation_error_message='This organisation has an adhesion of this class already.'), models.UniqueConstraint(condition=models.Q(('state__in', ['refused', 'withdrawn']), _negated=True), fields=('renews',), name='licensing_adhesion_one_renewal', violation_error_message='This adhesion is being renewed already.'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state__in', ['approved', 'suspended'])), expressions=[('organisation', '='), ('eligibility_class', '='), ('period', '&&')], name='licensing_adhesion_no_overlap'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['approved', 'suspended']), _negated=True), ('period__isnull', False), _connector='OR'), name='licensing_adhesion_period')],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='licensing.adhesion')),
                ('verdict', models.CharField(choices=[('approve', 'approved'), ('refuse', 'refused'), ('request_changes', 'changes requested'), ('suspend', 'suspended'), ('resume', 'suspension lifted'), ('revoke', 'revoked'), ('new_representative', 'new legal representative confirmed'), ('keep_representative', 'new legal representative refused')], max_length=20)),
                ('reason_code', models.CharField(blank=True, max_length=60)),
                ('words', models.TextField()),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('version_seen', models.PositiveIntegerField()),
                ('recourse', models.JSONField(blank=True, default=dict)),
            ],
            options={
                'verbose_name': 'decision',
                'verbose_name_plural': 'decisions',
                'ordering': ('decided_at', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='licensing_decision_reasoned'), models.CheckConstraint(condition=models.Q(models.Q(('verdict__in', ('refuse', 'request_changes', 'suspend', 'revoke', 'keep_representative')), _negated=True), models.Q(models.Q(('reason_code', ''), _negated=True), models.Q(('recourse', {}), _negated=True)), _connector='OR'), name='licensing_decision_contestable')],
            },
        ),
        migrations.CreateModel(
            name='EvidenceFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='evidence', to='licensing.adhesion')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('file_name', models.CharField(max_length=200)),
                ('storage_key', models.CharField(max_length=300)),
                ('media_type', models.CharField(max_length=100)),
                ('size', models.PositiveBigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('scan', models.CharField(choices=[('unscanned', 'not scanned'), ('pending', 'scan under way'), ('clean', 'clean'), ('infected', 'infected'), ('failed', 'scan failed')], default='unscanned', max_length=20)),
                ('scan_detail', models.CharField(blank=True, max_length=300)),
                ('scanned_at', models.DateTimeField(editable=False, null=True)),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('uploaded_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'evidence file',
                'verbose_name_plural': 'evidence files',
                'ordering': ('uploaded_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='RepresentativeChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='representative_changes', to='accounts.organisation')),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='representative_changes', to='licensing.adhesion')),
                ('former_name', models.CharField(max_length=150)),
                ('legal_representative_name', models.CharField(max_length=150, verbose_name='name of the legal representative')),
                ('legal_representative_title', models.CharField(blank=True, max_length=150, verbose_name='function')),
                ('legal_representative_email', models.EmailField(max_length=254, verbose_name='e-mail of the legal representative')),
                ('language', models.CharField(choices=[('fr', 'French'), ('en', 'English')], max_length=2)),
                ('reason', models.CharField(choices=[('end_of_mandate', 'the mandate of the former one ends'), ('departure', 'the former one leaves the organisation'), ('death', 'the former one has died'), ('delegation', 'the power to sign is delegated')], max_length=20, verbose_name='reason')),
                ('effective_on', models.DateField(verbose_name='from this day on')),
                ('evidence', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='representative_change', to='licensing.evidencefile')),
                ('declared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('declared_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('state', models.CharField(choices=[('awaiting_signature', 'awaiting their signature'), ('signed', 'signed, to be confirmed by the office'), ('confirmed', 'confirmed, not in effect yet'), ('in_effect', 'in effect'), ('refused', 'refused'), ('declined', 'declined by the person named'), ('withdrawn', 'withdrawn'), ('lapsed', 'not signed in time')], default='awaiting_signature', max_length=30, verbose_name='state')),
                ('typed_name', models.CharField(blank=True, max_length=150)),
                ('signed_at', models.DateTimeField(editable=False, null=True)),
                ('signed', models.JSONField(default=list, editable=False)),
                ('ip', models.GenericIPAddressField(null=True)),
                ('user_agent', models.CharField(blank=True, max_length=400)),
                ('decision', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='representative_change', to='licensing.decision')),
                ('in_effect_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'change of a legal representative',
                'verbose_name_plural': 'changes of legal representatives',
                'ordering': ('declared_at', 'id'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('awaiting_signature', 'signed', 'confirmed'))), fields=('organisation',), name='licensing_representative_one_open', violation_error_message='A change of the legal representative is under way already.'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('confirmed', 'in_effect', 'refused')), _negated=True), ('decision__isnull', False), _connector='OR'), name='licensing_representative_decided'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('signed', 'confirmed', 'in_effect')), _negated=True), ('signed_at__isnull', False), _connector='OR'), name='licensing_representative_signed')],
            },
        ),
        migrations.CreateModel(
            name='SigningLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('adhesion', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='signing_links', to='licensing.adhesion')),
                ('change', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='signing_links', to='licensing.representativechange')),
                ('email', models.EmailField(max_length=254)),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('language', models.CharField(choices=[('fr', 'French'), ('en', 'English')], default='fr', max_length=2)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('expires_at', models.DateTimeField()),
                ('code_sha256', models.CharField(blank=True, max_length=64)),
                ('code_expires_at', models.DateTimeField(null=True)),
                ('code_attempts', models.PositiveSmallIntegerField(default=0)),
                ('codes_sent', models.PositiveSmallIntegerField(default=0)),
                ('used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'signing link',
                'verbose_name_plural': 'signing links',
                'ordering': ('-created_at',),
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True), ('used_at__isnull', True)), fields=('adhesion',), name='licensing_link_one_open'), models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True), ('used_at__isnull', True)), fields=('change',), name='licensing_link_one_open_change'), models.CheckConstraint(condition=models.Q(models.Q(('adhesion__isnull', False), ('change__isnull', True)), models.Q(('adhesion__isnull', True), ('change__isnull', False)), _connector='OR'), name='licensing_link_one_matter')],
            },
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('adhesion', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='certificate', to='licensing.adhesion')),
                ('number', models.CharField(max_length=30, unique=True)),
                ('version', models.PositiveSmallIntegerField(default=1)),
                ('secret', models.CharField(max_length=32, unique=True)),
                ('issued_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('storage_key', models.CharField(blank=True, max_length=300)),
                ('sha256', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'verbose_name': 'certificate',
                'verbose_name_plural': 'certificates',
                'ordering': ('number',),
            },
        ),
        migrations.CreateModel(
            name='Licence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(unique=True)),
                ('kind', models.CharField(choices=[('charter', 'charter'), ('product', 'product licence')], default='product', max_length=20)),
                ('name_fr', models.CharField(max_length=200)),
                ('name_en', models.CharField(max_length=200)),
                ('classes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('french_institutional', 'French institution'), ('foreign_scientific', 'foreign scientific institution'), ('private', 'private company in France')], max_length=30), blank=True, default=list, size=None)),
                ('actions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('download', 'download'), ('order_archive', 'order archive scenes'), ('request_acquisition', 'request acquisitions')], max_length=30), blank=True, default=list, size=None)),
                ('purposes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('public_service', 'public-service mission, non-commercial'), ('scientific_cooperation', 'scientific cooperation'), ('public_order', 'work for a public body'), ('own_research', 'own research and development')], max_length=30), blank=True, default=list, size=None)),
                ('acceptors', models.CharField(choices=[('nobody', 'nobody'), ('organisation', 'the organisation'), ('person', 'each person'), ('both', 'the organisation and each person')], default='both', max_length=20)),
                ('credit_line', models.CharField(blank=True, help_text="{year} is the year of acquisition, {sensor} the sensor's public name", max_length=200, validators=[licensing.validators.validate_credit_line])),
                ('family', models.CharField(choices=[('charter', 'charter of the scheme'), ('pleiades_uia', 'Pléiades, authorised institutional users'), ('pleiades_neo_uia', 'Pléiades Neo, authorised institutional users'), ('spot_6_7_uia', 'SPOT 6-7, authorised institutional users'), ('open', 'Open Licence 2.0'), ('copernicus', 'Copernicus'), ('kalideos', 'Kalideos, one licence per sensor'), ('airbus_standard', 'Airbus standard end-user licence'), ('other', 'other')], default='other', max_length=20, verbose_name='family')),
                ('countries_allowed', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2, validators=[dinamis.accounts.validators.validate_country]), blank=True, default=list, help_text='ISO 3166-1 codes of the organisations admitted; none named: every country', size=None)),
                ('countries_denied', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2, validators=[dinamis.accounts.validators.validate_country]), blank=True, default=list, size=None)),
                ('nationality_classes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('french_institutional', 'French institution'), ('foreign_scientific', 'foreign scientific institution'), ('private', 'private company in France')], max_length=30), blank=True, default=list, help_text='classes of which the nationality condition is asked', size=None)),
                ('contractors', models.CharField(choices=[('never', 'not admitted'), ('undertaking', 'admitted, each having signed, for the duration of the contract'), ('free', 'admitted without condition')], default='undertaking', max_length=20, verbose_name='contractors')),
                ('sharing', models.CharField(choices=[('nobody', 'to nobody'), ('entitled', 'to other bodies that hold a right under the same licence'), ('anybody', 'to anybody')], default='nobody', max_length=20, verbose_name='third parties')),
                ('derived', models.CharField(choices=[('nothing', 'nothing'), ('not_reversible', 'products from which the image cannot be restored'), ('anything', 'any derived product')], default='not_reversible', max_length=20, verbose_name='derived products')),
                ('publication', models.CharField(choices=[('nothing', 'not at all'), ('extract', 'small extracts, with the credit line'), ('free', 'freely, with the credit line')], default='extract', max_length=20, verbose_name='publication')),
                ('retention_days', models.PositiveIntegerField(blank=True, help_text='days a file may be kept; empty: until the right ends', null=True, verbose_name='retention')),
                ('embargo_days', models.PositiveSmallIntegerField(default=0, help_text='days after the acquisition during which nobody may use an image', verbose_name='embargo')),
                ('signed_per_project', models.BooleanField(default=False, help_text='a person signs for every project, not once for all', verbose_name='signed for each project')),
                ('end_duty', models.CharField(choices=[('keep', 'they may be kept'), ('destroy', 'they are destroyed'), ('return', 'they are returned, then destroyed')], default='destroy', max_length=20, verbose_name='at the end')),
                ('provisional', models.BooleanField(default=False, help_text='the text is ours and stands in for the official one')),
                ('sources', models.TextField(blank=True, help_text='where the facts above come from')),
                ('revision', models.PositiveIntegerField(default=0, editable=False)),
                ('position', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'licence',
                'verbose_name_plural': 'licences',
                'ordering': ('position', 'code'),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('signed_per_project', True), _negated=True), ('acceptors__in', ['person', 'both']), _connector='OR'), name='licensing_licence_signed_per_project', violation_error_message='Only a licence that persons sign can be signed for each project.')],
            },
        ),
        migrations.CreateModel(
            name='LicenceChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('licence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='licensing.licence')),
                ('before', models.JSONField()),
                ('after', models.JSONField()),
                ('words', models.TextField()),
                ('changed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('changed_at', models.DateTimeField(default=dinamis.core.clock.now)),
            ],
            options={
                'verbose_name': 'change of a licence',
                'verbose_name_plural': 'changes of licences',
                'ordering': ('-changed_at', '-id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='licensing_licence_change_reasoned')],
            },
        ),
        migrations.CreateModel(
            name='LicenceVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('licence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='licensing.licence')),
                ('number', models.PositiveIntegerField()),
                ('text_fr', models.TextField()),
                ('text_en', models.TextField()),
                ('sha256_fr', models.CharField(max_length=64)),
                ('sha256_en', models.CharField(max_length=64)),
                ('material', models.BooleanField(default=True, help_text='whether those who signed before must sign again')),
                ('grace_days', models.PositiveIntegerField(default=30)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('published', 'published'), ('superseded', 'superseded')], default='draft', max_length=20)),
                ('published_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'licence version',
                'verbose_name_plural': 'licence versions',
                'ordering': ('licence', '-number'),
                'constraints': [models.UniqueConstraint(fields=('licence', 'number'), name='licensing_version_number'), models.UniqueConstraint(condition=models.Q(('state', 'published')), fields=('licence',), name='licensing_version_one_published'), models.CheckConstraint(condition=models.Q(('state', 'draft'), ('published_at__isnull', False), _connector='OR'), name='licensing_version_published_at')],
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='accounts.organisation')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='projects', to=settings.AUTH_USER_MODEL)),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('purpose', models.CharField(choices=[('public_service', 'public-service mission, non-commercial'), ('scientific_cooperation', 'scientific cooperation'), ('public_order', 'work for a public body'), ('own_research', 'own research and development')], default='public_service', max_length=30, verbose_name='purpose')),
                ('theme', models.CharField(blank=True, max_length=100, verbose_name='theme')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('partners', models.TextField(blank=True, verbose_name='partners')),
                ('sponsor', models.CharField(blank=True, max_length=200, verbose_name='French partner')),
                ('contract', models.CharField(blank=True, max_length=120, verbose_name='reference of the contract')),
                ('awarding_body', models.CharField(blank=True, max_length=200, verbose_name='awarding public body')),
                ('starts_on', models.DateField(blank=True, null=True, verbose_name='starts on')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='ends on')),
                ('ended_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('ended_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_words', models.TextField(blank=True, editable=False)),
                ('revision', models.PositiveIntegerField(default=0, editable=False)),
                ('changed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('changed_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'project',
                'verbose_name_plural': 'projects',
                'ordering': ('-created_at', '-id'),
                'constraints': [models.UniqueConstraint(fields=('organisation', 'title'), name='licensing_project_title'), models.CheckConstraint(condition=models.Q(('starts_on__isnull', True), ('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='licensing_project_dates', violation_error_message='The project ends before it starts.')],
            },
        ),
        migrations.CreateModel(
            name='Acceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('licence_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='licensing.licenceversion')),
                ('capacity', models.CharField(choices=[('self', 'for oneself'), ('legal_representative', 'for the organisation, as its legal representative')], max_length=30)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='accounts.organisation')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='licensing.project')),
                ('ordinal', models.PositiveSmallIntegerField(default=1)),
                ('email', models.EmailField(max_length=254)),
                ('language', models.CharField(choices=[('fr', 'French'), ('en', 'English')], max_length=2)),
                ('sha256', models.CharField(max_length=64)),
                ('typed_name', models.CharField(max_length=150)),
                ('authenticated_by', models.CharField(max_length=60)),
                ('accepted_at', models.DateTimeField(default=dinamis.core.clock.now)),
            ],
            options={
                'verbose_name': 'acceptance',
                'verbose_name_plural': 'acceptances',
                'ordering': ('accepted_at', 'id'),
                'indexes': [models.Index(fields=['organisation', 'licence_version'], name='licensing_acc_organisation'), models.Index(fields=['person', 'licence_version'], name='licensing_acc_person')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('capacity', 'self'), ('organisation__isnull', True), ('person__isnull', False)), models.Q(('capacity', 'legal_representative'), ('organisation__isnull', False)), _connector='OR'), name='licensing_acceptance_complete'), models.CheckConstraint(condition=models.Q(models.Q(('typed_name', ''), _negated=True), models.Q(('email', ''), _negated=True), models.Q(('authenticated_by', ''), _negated=True)), name='licensing_acceptance_named'), models.UniqueConstraint(condition=models.Q(('capacity', 'self')), fields=('licence_version', 'person', 'project', 'ordinal'), name='licensing_acceptance_once_self', nulls_distinct=False, violation_error_message='You have signed this version already.')],
            },
        ),
        migrations.CreateModel(
            name='Withdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('acceptance', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawal', to='licensing.acceptance')),
                ('withdrawn_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('words', models.TextField(blank=True)),
            ],
            options={
                'verbose_name': 'withdrawal of a signature',
                'verbose_name_plural': 'withdrawals of signatures',
                'ordering': ('withdrawn_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='AcceptanceTrace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('acceptance', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='trace', to='licensing.acceptance')),
                ('ip', models.GenericIPAddressField(null=True)),
                ('user_agent', models.CharField(blank=True, max_length=400)),
            ],
            options={
                'verbose_name': 'trace of an acceptance',
                'verbose_name_plural': 'traces of acceptances',
            },
        ),
        migrations.CreateModel(
            name='ProjectMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='licensing.project')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'member of a project',
                'verbose_name_plural': 'members of projects',
                'db_table': 'licensing_project_members',
                'ordering': ('id',),
                'unique_together': {('project', 'user')},
            },
        ),
        migrations.AddField(
            model_name='project',
            name='members',
            field=models.ManyToManyField(blank=True, related_name='projects_joined', through='licensing.ProjectMember', to=settings.AUTH_USER_MODEL),
        ),
        migrations.CreateModel(
            name='Entitlement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='accounts.organisation')),
                ('licence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='licensing.licence')),
                ('purpose', models.CharField(choices=[('public_service', 'public-service mission, non-commercial'), ('scientific_cooperation', 'scientific cooperation'), ('public_order', 'work for a public body'), ('own_research', 'own research and development')], max_length=30)),
                ('project', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='licensing.project')),
                ('eligibility_class', models.CharField(choices=[('french_institutional', 'French institution'), ('foreign_scientific', 'foreign scientific institution'), ('private', 'private company in France')], max_length=30)),
                ('actions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('download', 'download'), ('order_archive', 'order archive scenes'), ('request_acquisition', 'request acquisitions')], max_length=30), size=None)),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='licensing.adhesion')),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entitlements', to='licensing.decision')),
                ('basis', models.JSONField(default=dict)),
                ('supersedes', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='licensing.entitlement')),
                ('state', models.CharField(choices=[('granted', 'granted'), ('superseded', 'superseded'), ('revoked', 'revoked')], default='granted', max_length=20)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'entitlement',
                'verbose_name_plural': 'entitlements',
                'ordering': ('organisation', 'licence', 'created_at'),
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state', 'granted')), expressions=[('organisation', '='), ('licence', '='), ('purpose', '='), (django.db.models.functions.comparison.Coalesce('project', models.Value(0)), '='), ('period', '&&')], name='licensing_entitlement_no_overlap'), models.CheckConstraint(condition=models.Q(('period__endswith__isnull', False), ('period__isempty', False), ('period__startswith__isnull', False)), name='licensing_entitlement_period'), models.CheckConstraint(condition=models.Q(('project__isnull', False), ('eligibility_class', 'french_institutional'), _connector='OR'), name='licensing_entitlement_project')],
            },
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entitlement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suspensions', to='licensing.entitlement')),
                ('cause', models.CharField(choices=[('no_referent', 'the organisation has no référent'), ('new_version', 'a new version of the licence awaits a signature'), ('inquiry', 'an inquiry is under way'), ('breach', 'the terms of the licence were not respected'), ('other', 'other')], max_length=20)),
                ('words', models.TextField()),
                ('began_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('began_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lifted_words', models.TextField(blank=True)),
            ],
            options={
                'verbose_name': 'suspension',
                'verbose_name_plural': 'suspensions',
                'ordering': ('began_at', 'id'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('entitlement', 'cause'), name='licensing_suspension_one_open', violation_error_message='The right is suspended for this cause already.'), models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='licensing_suspension_reasoned')],
            },
        ),
        migrations.CreateModel(
            name='Block',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='blocks', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='blocks', to='accounts.organisation')),
                ('document_sha256', models.CharField(blank=True, max_length=64, validators=[django.core.validators.RegexValidator('^[0-9a-f]{64}$')])),
                ('licence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='blocks', to='licensing.licence')),
                ('words', models.TextField()),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lifted_words', models.TextField(blank=True)),
                ('key', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True)),
            ],
            options={
                'verbose_name': 'block',
                'verbose_name_plural': 'blocks',
                'ordering': ('-created_at',),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('document_sha256', ''), ('organisation__isnull', True), ('person__isnull', False)), models.Q(('document_sha256', ''), ('organisation__isnull', False), ('person__isnull', True)), models.Q(('organisation__isnull', True), ('person__isnull', True), models.Q(('document_sha256', ''), _negated=True)), _connector='OR'), name='licensing_block_one_subject'), models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='licensing_block_reasoned'), models.CheckConstraint(condition=models.Q(models.Q(('lifted_at__isnull', True), ('lifted_by__isnull', True)), models.Q(('lifted_at__isnull', False), ('lifted_by__isnull', False), models.Q(('lifted_words', ''), _negated=True)), _connector='OR'), name='licensing_block_lifted'), models.CheckConstraint(condition=models.Q(('period__isempty', False), ('period__startswith__isnull', False)), name='licensing_block_period')],
            },
        ),
        migrations.CreateModel(
            name='EntitlementChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entitlement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='licensing.entitlement')),
                ('kind', models.CharField(choices=[('granted', 'granted'), ('started', 'begun'), ('suspended', 'suspended'), ('restored', 'restored'), ('blocked', 'blocked'), ('unblocked', 'let in again'), ('superseded', 'superseded'), ('revoked', 'revoked'), ('expired', 'expired')], max_length=20)),
                ('cause', models.CharField(blank=True, max_length=60)),
                ('occurred_at', models.DateTimeField()),
                ('source', models.CharField(max_length=80, unique=True)),
            ],
            options={
                'verbose_name': 'change of a right',
                'verbose_name_plural': 'changes of rights',
                'ordering': ('id',),
                'indexes': [models.Index(fields=['entitlement', 'id'], name='licensing_change_of_right')],
            },
        ),
        migrations.CreateModel(
            name='OrganisationEnd',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ends', to='accounts.organisation')),
                ('kind', models.CharField(choices=[('ended', 'ended without a successor'), ('merged', 'merged into another'), ('split', 'split into several')], max_length=20, verbose_name='what happens')),
                ('effective_on', models.DateField(verbose_name='from this day on')),
                ('words', models.TextField(verbose_name='reason')),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('state', models.CharField(choices=[('declared', 'declared, not in effect yet'), ('carried_out', 'in effect'), ('cancelled', 'taken back')], default='declared', max_length=20, verbose_name='state')),
                ('carried_out_at', models.DateTimeField(editable=False, null=True)),
                ('former_ends', models.JSONField(default=dict, editable=False)),
            ],
            options={
                'verbose_name': 'end of an organisation',
                'verbose_name_plural': 'ends of organisations',
                'ordering': ('decided_at', 'id'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'cancelled'), _negated=True), fields=('organisation',), name='licensing_organisation_ends_once', violation_error_message='The end of this organisation is declared already.'), models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='licensing_organisation_end_reasoned')],
            },
        ),
        migrations.CreateModel(
            name='Succession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('end', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='successions', to='licensing.organisationend')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='successions', to='accounts.organisation')),
            ],
            options={
                'verbose_name': 'succession',
                'verbose_name_plural': 'successions',
                'ordering': ('id',),
                'constraints': [models.UniqueConstraint(fields=('end', 'organisation'), name='licensing_succession_once')],
            },
        ),
        migrations.CreateModel(
            name='EntityCorrection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='licensing.adhesion')),
                ('link', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='licensing.signinglink')),
                ('before', models.JSONField()),
                ('after', models.JSONField()),
                ('made_at', models.DateTimeField(default=dinamis.core.clock.now)),
            ],
            options={
                'verbose_name': 'correction',
                'verbose_name_plural': 'corrections',
                'ordering': ('made_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='AdhesionSuspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='causes', to='licensing.adhesion')),
                ('cause', models.CharField(choices=[('no_referent', 'the organisation has no référent'), ('new_version', 'a new version of the licence awaits a signature'), ('inquiry', 'an inquiry is under way'), ('breach', 'the terms of the licence were not respected'), ('other', 'other')], max_length=30, verbose_name='cause')),
                ('words', models.TextField()),
                ('began_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('began_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lifted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lifted_words', models.TextField(blank=True)),
            ],
            options={
                'verbose_name': 'cause of a suspension',
                'verbose_name_plural': 'causes of suspensions',
                'ordering': ('began_at', 'id'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('adhesion', 'cause'), name='licensing_cause_one_open', violation_error_message='The adhesion is suspended for this cause already.'), models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='licensing_cause_reasoned'), models.CheckConstraint(condition=models.Q(('lifted_at__isnull', True), models.Q(('lifted_words', ''), _negated=True), _connector='OR'), name='licensing_cause_lift_reasoned')],
            },
        ),
        migrations.CreateModel(
            name='Revocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revocations', to='licensing.adhesion')),
                ('state', models.CharField(choices=[('noticed', 'notice given'), ('answered', 'answered by the organisation'), ('revoked', 'decided: revoked'), ('dropped', 'dropped')], default='noticed', max_length=20, verbose_name='state')),
                ('reason_code', models.CharField(max_length=60)),
                ('words', models.TextField()),
                ('noticed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('noticed_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('due_at', models.DateTimeField()),
                ('answer', models.TextField(blank=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('answered_at', models.DateTimeField(null=True)),
                ('decision', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='revocation', to='licensing.decision')),
            ],
            options={
                'verbose_name': 'revocation',
                'verbose_name_plural': 'revocations',
                'ordering': ('noticed_at', 'id'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['noticed', 'answered'])), fields=('adhesion',), name='licensing_revocation_one_open', violation_error_message='A revocation of this adhesion is under way already.'), models.CheckConstraint(condition=models.Q(models.Q(('words', ''), _negated=True), models.Q(('reason_code', ''), _negated=True)), name='licensing_revocation_reasoned'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'answered'), _negated=True), models.Q(('answer', ''), _negated=True), _connector='OR'), name='licensing_revocation_answer')],
            },
        ),
        migrations.CreateModel(
            name='DecisionLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='letter', to='licensing.decision')),
                ('storage_key', models.CharField(max_length=300)),
                ('sha256', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField(default=dinamis.core.clock.now)),
            ],
            options={
                'verbose_name': 'letter of a decision',
                'verbose_name_plural': 'letters of decisions',
                'ordering': ('made_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='licensing.adhesion')),
                ('number', models.PositiveIntegerField()),
                ('content', models.JSONField()),
                ('submitted_at', models.DateTimeField(default=dinamis.core.clock.now)),
            ],
            options={
                'verbose_name': 'submission',
                'verbose_name_plural': 'submissions',
                'ordering': ('adhesion', 'number'),
                'constraints': [models.UniqueConstraint(fields=('adhesion', 'number'), name='licensing_submission_number')],
            },
        ),
        migrations.CreateModel(
            name='ChangeRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='change_requests', to='licensing.decision')),
                ('field', models.CharField(max_length=60)),
                ('words', models.TextField()),
                ('answer', models.TextField(blank=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('answered_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'request for a change',
                'verbose_name_plural': 'requests for changes',
                'ordering': ('id',),
                'constraints': [models.UniqueConstraint(fields=('decision', 'field'), name='licensing_change_one_per_field'), models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='licensing_change_worded')],
            },
        ),
        migrations.CreateModel(
            name='Remark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='remarks', to='licensing.adhesion')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('words', models.TextField()),
                ('written_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
            ],
            options={
                'verbose_name': 'remark',
                'verbose_name_plural': 'remarks',
                'ordering': ('written_at', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='licensing_remark_worded')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='licensing.adhesion')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('from_office', models.BooleanField()),
                ('words', models.TextField()),
                ('written_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'ordering': ('written_at', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='licensing_message_worded')],
            },
        ),
        migrations.CreateModel(
            name='Opinion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('adhesion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opinions', to='licensing.adhesion')),
                ('licence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opinions', to='licensing.licence')),
                ('body', models.CharField(choices=[('cnes', 'CNES'), ('airbus', 'Airbus DS')], max_length=20, verbose_name='body')),
                ('required', models.BooleanField(verbose_name='required')),
                ('question', models.TextField(blank=True, verbose_name='question')),
                ('state', models.CharField(choices=[('asked', 'asked'), ('given', 'given'), ('withdrawn', 'not asked any more')], default='asked', max_length=20, verbose_name='state')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('due_at', models.DateTimeField()),
                ('verdict', models.CharField(blank=True, choices=[('yes', 'favourable'), ('reservations', 'favourable with reservations'), ('no', 'unfavourable')], max_length=20, verbose_name='opinion')),
                ('words', models.TextField(blank=True)),
                ('given_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('given_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'opinion',
                'verbose_name_plural': 'opinions',
                'ordering': ('asked_at', 'id'),
                'indexes': [models.Index(condition=models.Q(('state', 'asked')), fields=['body', 'due_at'], name='licensing_opinion_waiting')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'withdrawn'), _negated=True), fields=('adhesion', 'licence', 'body'), name='licensing_opinion_one', violation_error_message='This opinion is asked for already.'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'given'), _negated=True), models.Q(models.Q(('verdict', ''), _negated=True), models.Q(('words', ''), _negated=True), ('given_at__isnull', False), ('given_by__isnull', False)), _connector='OR'), name='licensing_opinion_given')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='formrevision',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'licensing.formrevision: rows are append-only' USING ERRCODE = 'check_violation';", hash='08f6ff9ae2ed0b04c9787bf69addad7ceb444fcd', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c128b', table='licensing_formrevision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='formrevision',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,eligibility_class,number,questions,published_at}', '{questions}')", func='', hash='c5d050342d04ffcf628f46759eafbb3c3e67800c', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_b7b67', table='licensing_formrevision', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adhesion',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{draft}\'::text[])) THEN RAISE EXCEPTION \'licensing.adhesion: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{draft}\'::text[])) THEN RAISE EXCEPTION \'licensing.adhesion: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{approved:revoked,approved:suspended,approved:terminated,awaiting_signature:draft,awaiting_signature:submitted,awaiting_signature:withdrawn,changes_requested:in_review,changes_requested:withdrawn,draft:awaiting_signature,draft:withdrawn,in_review:approved,in_review:changes_requested,in_review:refused,in_review:withdrawn,submitted:in_review,submitted:withdrawn,suspended:approved,suspended:revoked,suspended:terminated}\'::text[]))) THEN RAISE EXCEPTION \'licensing.adhesion: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='a2b71d72d5ac99077a912b7b7ea3d1c33b3b47cd', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_539df', table='licensing_adhesion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adhesion',
            trigger=pgtrigger.compiler.Trigger(name='no_cause_left', sql=dinamis.core.triggers.HardTriggerSql(func="IF OLD.state = 'suspended' AND NEW.state = 'approved' AND EXISTS ( SELECT FROM licensing_adhesionsuspension s WHERE s.adhesion_id = NEW.id AND s.lifted_at IS NULL) THEN RAISE EXCEPTION 'licensing.adhesion: a cause of the suspension is still open' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='f92eaf1502e965902d02ec368118da1515ff55c0', operation='UPDATE', pgid='pgtrigger_no_cause_left_13ee7', table='licensing_adhesion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adhesion',
            trigger=pgtrigger.compiler.Trigger(name='four_eyes', sql=dinamis.core.triggers.HardTriggerSql(func="IF NEW.claimed_by_id IS NOT NULL AND OLD.claimed_by_id IS DISTINCT FROM NEW.claimed_by_id AND EXISTS ( SELECT FROM licensing_adhesion a WHERE a.id = NEW.id AND ( a.referent_id = NEW.claimed_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.claimed_by_id AND m.organisation_id = a.organisation_id AND m.state <> 'ended'))) THEN RAISE EXCEPTION 'licensing.adhesion: claimed_by_id belongs to the organisation' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='cfefc8e75d8bd781f407e8a883d5d9728cbd2d31', operation='INSERT OR UPDATE', pgid='pgtrigger_four_eyes_490ce', table='licensing_adhesion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adhesion',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,version,organisation_id,eligibility_class,referent_id,legal_representative_name,legal_representative_title,legal_representative_email,mission,answers,form_revision_id,state,period,renews_id,created_at,submitted_at}', '{legal_representative_name,legal_representative_title,legal_representative_email,mission,answers}')", func='', hash='3bef7902f53f78c85839e4e53257dfa5d774c685', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_ac804', table='licensing_adhesion', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='signinglink',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,adhesion_id,change_id,email,language,created_at,expires_at,used_at,revoked_at}', '{email}')", func='', hash='9ad28845e55ffbc543effece60c7c8b5a4dc9fc6', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_278fb', table='licensing_signinglink', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='evidencefile',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,adhesion_id,title,file_name,storage_key,media_type,size,sha256,scan,scan_detail,scanned_at,uploaded_by_id,uploaded_at}', '{title,file_name}')", func='', hash='c7b4dc5d1b26344dea9bd8080169fbcecb8d670f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_52e2e', table='licensing_evidencefile', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='evidencefile',
            trigger=pgtrigger.compiler.Trigger(name='frozen_content', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.adhesion_id IS DISTINCT FROM NEW.adhesion_id OR OLD.file_name IS DISTINCT FROM NEW.file_name OR OLD.media_type IS DISTINCT FROM NEW.media_type OR OLD.size IS DISTINCT FROM NEW.size OR OLD.sha256 IS DISTINCT FROM NEW.sha256 OR OLD.uploaded_by_id IS DISTINCT FROM NEW.uploaded_by_id OR OLD.uploaded_at IS DISTINCT FROM NEW.uploaded_at) THEN RAISE EXCEPTION 'licensing.evidencefile: adhesion_id, file_name, media_type, size, sha256, uploaded_by_id, uploaded_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='743e8f37b217035e1fce4249ba3cf5de5a59463c', operation='UPDATE', pgid='pgtrigger_frozen_content_7b6c6', table='licensing_evidencefile', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TG_OP = 'UPDATE') THEN IF NEW.id IS NOT DISTINCT FROM OLD.id AND NEW.adhesion_id IS NOT DISTINCT FROM OLD.adhesion_id AND NEW.verdict IS NOT DISTINCT FROM OLD.verdict AND NEW.reason_code IS NOT DISTINCT FROM OLD.reason_code AND NEW.decided_by_id IS NOT DISTINCT FROM OLD.decided_by_id AND NEW.decided_at IS NOT DISTINCT FROM OLD.decided_at AND NEW.version_seen IS NOT DISTINCT FROM OLD.version_seen AND NEW.recourse IS NOT DISTINCT FROM OLD.recourse AND NEW.words IN (OLD.words, '[erased]') THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION 'licensing.decision: rows are append-only' USING ERRCODE = 'check_violation';", hash='0e1d93e907ee6a4be9533262e46adc33f87a3c53', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_a5e46', table='licensing_decision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='four_eyes', sql=dinamis.core.triggers.HardTriggerSql(func="IF NEW.decided_by_id IS NOT NULL AND OLD.decided_by_id IS DISTINCT FROM NEW.decided_by_id AND EXISTS ( SELECT FROM licensing_adhesion a WHERE a.id = NEW.adhesion_id AND ( a.referent_id = NEW.decided_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.decided_by_id AND m.organisation_id = a.organisation_id AND m.state <> 'ended'))) THEN RAISE EXCEPTION 'licensing.decision: decided_by_id belongs to the organisation' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='f6ded6d06a600812a7cdd5d2bfe5b01270716ed6', operation='INSERT OR UPDATE', pgid='pgtrigger_four_eyes_f794a', table='licensing_decision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='decision',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,adhesion_id,verdict,reason_code,words,decided_by_id,decided_at,version_seen,recourse}', '{words}')", func='', hash='959b7d957957277955016960ca16ec5470cfec66', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_63f2b', table='licensing_decision', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='certificate',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,adhesion_id,number,version,issued_at,storage_key,sha256}', '{}')", func='', hash='a08ba36cea596b6fcf10f514c55d9cbcdd5192ce', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_403de', table='licensing_certificate', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='licence',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,code,kind,name_fr,name_en,classes,actions,purposes,acceptors,credit_line,family,countries_allowed,countries_denied,nationality_classes,contractors,sharing,derived,publication,retention_days,embargo_days,signed_per_project,end_duty,provisional,sources,revision,position}', '{}')", func='', hash='12adab7943fb7ecf8d3eed59d59c33164f05bdeb', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_bda32', table='licensing_licence', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='licencechange',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'licensing.licencechange: rows are append-only' USING ERRCODE = 'check_violation';", hash='ff613c6c2f866b6f837b0688325ff52f3401fe54', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_90554', table='licensing_licencechange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='licencechange',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,licence_id,before,after,words,changed_by_id,changed_at}', '{before,after,words}')", func='', hash='6f8458d7b56fb503dc12ed34904048f884779b93', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_9f0ea', table='licensing_licencechange', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='licenceversion',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{draft}\'::text[])) THEN RAISE EXCEPTION \'licensing.licenceversion: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{draft}\'::text[])) THEN RAISE EXCEPTION \'licensing.licenceversion: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{draft:published,published:superseded}\'::text[]))) THEN RAISE EXCEPTION \'licensing.licenceversion: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='50644b65b43263c3def67002cf9a9b35a8fc2555', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_e44d2', table='licensing_licenceversion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='licenceversion',
            trigger=pgtrigger.compiler.Trigger(name='frozen_text', sql=dinamis.core.triggers.HardTriggerSql(func="IF (OLD.state <> 'draft') AND (OLD.licence_id IS DISTINCT FROM NEW.licence_id OR OLD.number IS DISTINCT FROM NEW.number OR OLD.text_fr IS DISTINCT FROM NEW.text_fr OR OLD.text_en IS DISTINCT FROM NEW.text_en OR OLD.sha256_fr IS DISTINCT FROM NEW.sha256_fr OR OLD.sha256_en IS DISTINCT FROM NEW.sha256_en OR OLD.material IS DISTINCT FROM NEW.material OR OLD.grace_days IS DISTINCT FROM NEW.grace_days OR OLD.published_at IS DISTINCT FROM NEW.published_at) THEN RAISE EXCEPTION 'licensing.licenceversion: licence_id, number, text_fr, text_en, sha256_fr, sha256_en, material, grace_days, published_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='7950feaf74452f4a5c4551adae6d242c23315978', operation='UPDATE', pgid='pgtrigger_frozen_text_e9266', table='licensing_licenceversion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='licenceversion',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,version,licence_id,number,text_fr,text_en,sha256_fr,sha256_en,material,grace_days,state,published_at}', '{text_fr,text_en}')", func='', hash='cd23a260c6b285627ae1a1adeae661e32eef7d66', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_78684', table='licensing_licenceversion', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='acceptance',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TG_OP = 'UPDATE') THEN IF NEW.id IS NOT DISTINCT FROM OLD.id AND NEW.licence_version_id IS NOT DISTINCT FROM OLD.licence_version_id AND NEW.capacity IS NOT DISTINCT FROM OLD.capacity AND NEW.person_id IS NOT DISTINCT FROM OLD.person_id AND NEW.organisation_id IS NOT DISTINCT FROM OLD.organisation_id AND NEW.project_id IS NOT DISTINCT FROM OLD.project_id AND NEW.ordinal IS NOT DISTINCT FROM OLD.ordinal AND NEW.language IS NOT DISTINCT FROM OLD.language AND NEW.sha256 IS NOT DISTINCT FROM OLD.sha256 AND NEW.authenticated_by IS NOT DISTINCT FROM OLD.authenticated_by AND NEW.accepted_at IS NOT DISTINCT FROM OLD.accepted_at AND NEW.email IN (OLD.email, '[erased]') AND NEW.typed_name IN (OLD.typed_name, '[erased]') THEN RETURN NEW; END IF; END IF; RAISE EXCEPTION 'licensing.acceptance: rows are append-only' USING ERRCODE = 'check_violation';", hash='c5a445d54540702723f77b0f327866e9afc2ed3b', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_eaefd', table='licensing_acceptance', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='acceptance',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,licence_version_id,capacity,person_id,organisation_id,project_id,ordinal,email,language,sha256,typed_name,authenticated_by,accepted_at}', '{email,typed_name}')", func='', hash='9584a789c530fb395a88c074b81bbad9e9003d9c', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_3eeae', table='licensing_acceptance', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='withdrawal',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'licensing.withdrawal: rows are append-only' USING ERRCODE = 'check_violation';", hash='6095a5c995bad3c22342bc2a0193078fc831368a', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d12ab', table='licensing_withdrawal', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='withdrawal',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,acceptance_id,withdrawn_by_id,withdrawn_at,words}', '{words}')", func='', hash='ba65fe20f8ac7945b37e65523392fb0e0003133f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_ac2d0', table='licensing_withdrawal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='project',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,organisation_id,owner_id,title,purpose,theme,description,partners,sponsor,contract,awarding_body,starts_on,ends_on,ended_at,ended_by_id,ended_words,revision,changed_at,changed_by_id,created_at}', '{title,theme,description,ended_words}')", func='', hash='0853e6a5f0ea1c300e55c2c82f63108720dcd13d', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_bc6fd', table='licensing_project', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='project',
            trigger=pgtrigger.compiler.Trigger(name='frozen_grounds', sql=dinamis.core.triggers.HardTriggerSql(func="IF (EXISTS (SELECT FROM licensing_entitlement e WHERE e.project_id = OLD.id)) AND (OLD.organisation_id IS DISTINCT FROM NEW.organisation_id OR OLD.purpose IS DISTINCT FROM NEW.purpose OR OLD.sponsor IS DISTINCT FROM NEW.sponsor OR OLD.contract IS DISTINCT FROM NEW.contract OR OLD.awarding_body IS DISTINCT FROM NEW.awarding_body) THEN RAISE EXCEPTION 'licensing.project: organisation_id, purpose, sponsor, contract, awarding_body cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='ff1349b55c553664ed18fd660ad2128f266f723c', operation='UPDATE', pgid='pgtrigger_frozen_grounds_7b066', table='licensing_project', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='project',
            trigger=pgtrigger.compiler.Trigger(name='frozen_end', sql=dinamis.core.triggers.HardTriggerSql(func="IF (OLD.ended_at IS NOT NULL) AND (OLD.ended_at IS DISTINCT FROM NEW.ended_at OR OLD.ended_by_id IS DISTINCT FROM NEW.ended_by_id OR OLD.ended_words IS DISTINCT FROM NEW.ended_words) THEN RAISE EXCEPTION 'licensing.project: ended_at, ended_by_id, ended_words cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='b3413e6853a6c6d4801f7da300bc27d5273db1fd', operation='UPDATE', pgid='pgtrigger_frozen_end_30ed3', table='licensing_project', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='projectmember',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,project_id,user_id}', '{}')", func='', hash='c1ac90ac0c353f0d20e143d35f3e9fdc7b5cc5b3', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_52116', table='licensing_project_members', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='entitlement',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{granted}\'::text[])) THEN RAISE EXCEPTION \'licensing.entitlement: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{granted}\'::text[])) THEN RAISE EXCEPTION \'licensing.entitlement: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{granted:revoked,granted:superseded}\'::text[]))) THEN RAISE EXCEPTION \'licensing.entitlement: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='e6cdf6c8fd7ff08c6cb0af07c94a983b27c22441', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_49198', table='licensing_entitlement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='entitlement',
            trigger=pgtrigger.compiler.Trigger(name='basis_given', sql=dinamis.core.triggers.HardTriggerSql(func="IF NOT coalesce(NEW.basis #>> '{adhesion,id}' = NEW.adhesion_id::text AND NEW.basis #>> '{decision,id}' = NEW.decision_id::text AND length(NEW.basis #>> '{form,sha256}') = 64, FALSE) THEN RAISE EXCEPTION 'licensing.entitlement: the basis does not name what the right rests on' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='a74ad1fcf819899f076398eef93dcc2d70cf56c4', operation='INSERT', pgid='pgtrigger_basis_given_54137', table='licensing_entitlement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='entitlement',
            trigger=pgtrigger.compiler.Trigger(name='frozen_right', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.organisation_id IS DISTINCT FROM NEW.organisation_id OR OLD.licence_id IS DISTINCT FROM NEW.licence_id OR OLD.purpose IS DISTINCT FROM NEW.purpose OR OLD.project_id IS DISTINCT FROM NEW.project_id OR OLD.eligibility_class IS DISTINCT FROM NEW.eligibility_class OR OLD.actions IS DISTINCT FROM NEW.actions OR OLD.period IS DISTINCT FROM NEW.period OR OLD.adhesion_id IS DISTINCT FROM NEW.adhesion_id OR OLD.decision_id IS DISTINCT FROM NEW.decision_id OR OLD.basis IS DISTINCT FROM NEW.basis) THEN RAISE EXCEPTION 'licensing.entitlement: organisation_id, licence_id, purpose, project_id, eligibility_class, actions, period, adhesion_id, decision_id, basis cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='d025379f8e4d287103e1109ed5877772f93e8430', operation='UPDATE', pgid='pgtrigger_frozen_right_6ead1', table='licensing_entitlement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='entitlement',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,version,organisation_id,licence_id,purpose,project_id,eligibility_class,actions,period,adhesion_id,decision_id,basis,supersedes_id,state,created_at}', '{}')", func='', hash='5a1a683bbaa12ad87a58ddb530e19ea8535bb807', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_38e64', table='licensing_entitlement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='suspension',
            trigger=pgtrigger.compiler.Trigger(name='frozen_start', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.entitlement_id IS DISTINCT FROM NEW.entitlement_id OR OLD.cause IS DISTINCT FROM NEW.cause OR OLD.words IS DISTINCT FROM NEW.words OR OLD.began_at IS DISTINCT FROM NEW.began_at) THEN RAISE EXCEPTION 'licensing.suspension: entitlement_id, cause, words, began_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='9283b61729030e105cc9bdcfa64e5196bd866508', operation='UPDATE', pgid='pgtrigger_frozen_start_dffc0', table='licensing_suspension', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='suspension',
            trigger=pgtrigger.compiler.Trigger(name='frozen_end', sql=dinamis.core.triggers.HardTriggerSql(func="IF (OLD.lifted_at IS NOT NULL) AND (OLD.lifted_at IS DISTINCT FROM NEW.lifted_at) THEN RAISE EXCEPTION 'licensing.suspension: lifted_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='5afc84c5cce101edb314d09aa4254452620de415', operation='UPDATE', pgid='pgtrigger_frozen_end_22887', table='licensing_suspension', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='suspension',
            trigger=pgtrigger.compiler.Trigger(name='four_eyes', sql=dinamis.core.triggers.HardTriggerSql(func="IF NEW.began_by_id IS NOT NULL AND OLD.began_by_id IS DISTINCT FROM NEW.began_by_id AND EXISTS ( SELECT FROM licensing_adhesion a WHERE a.id = (SELECT e.adhesion_id FROM licensing_entitlement e WHERE e.id = NEW.entitlement_id) AND ( a.referent_id = NEW.began_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.began_by_id AND m.organisation_id = a.organisation_id AND m.state <> 'ended'))) THEN RAISE EXCEPTION 'licensing.suspension: began_by_id belongs to the organisation' USING ERRCODE = 'check_violation'; END IF; IF NEW.lifted_by_id IS NOT NULL AND OLD.lifted_by_id IS DISTINCT FROM NEW.lifted_by_id AND EXISTS ( SELECT FROM licensing_adhesion a WHERE a.id = (SELECT e.adhesion_id FROM licensing_entitlement e WHERE e.id = NEW.entitlement_id) AND ( a.referent_id = NEW.lifted_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.lifted_by_id AND m.organisation_id = a.organisation_id AND m.state <> 'ended'))) THEN RAISE EXCEPTION 'licensing.suspension: lifted_by_id belongs to the organisation' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='13ad1a52b61e32df1576e0d6b728f2f6342ec15e', operation='INSERT OR UPDATE', pgid='pgtrigger_four_eyes_1466a', table='licensing_suspension', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='suspension',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,entitlement_id,cause,words,began_at,began_by_id,lifted_at,lifted_by_id,lifted_words}', '{words,lifted_words}')", func='', hash='623baa5d5caded49c41cc68286818123824f2dde', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_3220a', table='licensing_suspension', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='block',
            trigger=pgtrigger.compiler.Trigger(name='frozen_block', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.person_id IS DISTINCT FROM NEW.person_id OR OLD.organisation_id IS DISTINCT FROM NEW.organisation_id OR OLD.document_sha256 IS DISTINCT FROM NEW.document_sha256 OR OLD.licence_id IS DISTINCT FROM NEW.licence_id OR OLD.words IS DISTINCT FROM NEW.words OR OLD.period IS DISTINCT FROM NEW.period OR OLD.created_by_id IS DISTINCT FROM NEW.created_by_id OR OLD.created_at IS DISTINCT FROM NEW.created_at) THEN RAISE EXCEPTION 'licensing.block: person_id, organisation_id, document_sha256, licence_id, words, period, created_by_id, created_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='d33cc832327bf2afeb4358f5ec4003b38aef5298', operation='UPDATE', pgid='pgtrigger_frozen_block_e49d1', table='licensing_block', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='block',
            trigger=pgtrigger.compiler.Trigger(name='frozen_lift', sql=dinamis.core.triggers.HardTriggerSql(func="IF (OLD.lifted_at IS NOT NULL) AND (OLD.lifted_at IS DISTINCT FROM NEW.lifted_at OR OLD.lifted_by_id IS DISTINCT FROM NEW.lifted_by_id OR OLD.lifted_words IS DISTINCT FROM NEW.lifted_words) THEN RAISE EXCEPTION 'licensing.block: lifted_at, lifted_by_id, lifted_words cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='7d02afec5c6d5f9c88320934a4c39e61458c8fa8', operation='UPDATE', pgid='pgtrigger_frozen_lift_27918', table='licensing_block', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='block',
            trigger=pgtrigger.compiler.Trigger(name='four_eyes', sql=dinamis.core.triggers.HardTriggerSql(func="IF NEW.created_by_id IS NOT NULL AND OLD.created_by_id IS DISTINCT FROM NEW.created_by_id AND ( NEW.person_id = NEW.created_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.created_by_id AND m.state <> 'ended' AND ( m.organisation_id = NEW.organisation_id OR EXISTS (SELECT FROM accounts_membership o WHERE o.user_id = NEW.person_id AND o.organisation_id = m.organisation_id AND o.state <> 'ended'))) OR EXISTS ( SELECT FROM licensing_adhesion a WHERE ( a.organisation_id = NEW.organisation_id OR NEW.document_sha256 <> '' AND EXISTS ( SELECT FROM licensing_evidencefile f WHERE f.adhesion_id = a.id AND f.sha256 = NEW.document_sha256)) AND (a.referent_id = NEW.created_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.created_by_id AND m.organisation_id = a.organisation_id AND m.state <> 'ended')))) THEN RAISE EXCEPTION 'licensing.block: created_by_id has a part in what is blocked' USING ERRCODE = 'check_violation'; END IF; IF NEW.lifted_by_id IS NOT NULL AND OLD.lifted_by_id IS DISTINCT FROM NEW.lifted_by_id AND ( NEW.person_id = NEW.lifted_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.lifted_by_id AND m.state <> 'ended' AND ( m.organisation_id = NEW.organisation_id OR EXISTS (SELECT FROM accounts_membership o WHERE o.user_id = NEW.person_id AND o.organisation_id = m.organisation_id AND o.state <> 'ended'))) OR EXISTS ( SELECT FROM licensing_adhesion a WHERE ( a.organisation_id = NEW.organisation_id OR NEW.document_sha256 <> '' AND EXISTS ( SELECT FROM licensing_evidencefile f WHERE f.adhesion_id = a.id AND f.sha256 = NEW.document_sha256)) AND (a.referent_id = NEW.lifted_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.lifted_by_id AND m.organisation_id = a.organisation_id AND m.state <> 'ended')))) THEN RAISE EXCEPTION 'licensing.block: lifted_by_id has a part in what is blocked' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='45921fcb4482f3b67ca7a1e1418c65d845bd3634', operation='INSERT OR UPDATE', pgid='pgtrigger_four_eyes_49572', table='licensing_block', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='block',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,person_id,organisation_id,document_sha256,licence_id,words,period,created_by_id,created_at,lifted_at,lifted_by_id,lifted_words}', '{words,lifted_words}')", func='', hash='c9db2acf1db2511c68749cd7610909e4c5144046', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_41b23', table='licensing_block', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='entitlementchange',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'licensing.entitlementchange: rows are append-only' USING ERRCODE = 'check_violation';", hash='ee7cbc9779f5fd5e0836b4c1503798ad4e1d697a', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e8725', table='licensing_entitlementchange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organisationend',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{declared}\'::text[])) THEN RAISE EXCEPTION \'licensing.organisationend: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{declared}\'::text[])) THEN RAISE EXCEPTION \'licensing.organisationend: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{declared:cancelled,declared:carried_out}\'::text[]))) THEN RAISE EXCEPTION \'licensing.organisationend: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='077a9a00e46e966a1c7acfba42b11df6a661a617', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_43355', table='licensing_organisationend', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organisationend',
            trigger=pgtrigger.compiler.Trigger(name='four_eyes', sql=dinamis.core.triggers.HardTriggerSql(func="IF TRUE AND EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.decided_by_id AND m.organisation_id = NEW.organisation_id AND m.state <> 'ended') THEN RAISE EXCEPTION 'licensing.organisationend: who decides belongs to the organisation' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='cd1780000ff49238b04e03a9aebec7f1070802ab', operation='INSERT', pgid='pgtrigger_four_eyes_72cd2', table='licensing_organisationend', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organisationend',
            trigger=pgtrigger.compiler.Trigger(name='frozen_word', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.organisation_id IS DISTINCT FROM NEW.organisation_id OR OLD.kind IS DISTINCT FROM NEW.kind OR OLD.effective_on IS DISTINCT FROM NEW.effective_on OR OLD.decided_by_id IS DISTINCT FROM NEW.decided_by_id OR OLD.decided_at IS DISTINCT FROM NEW.decided_at) THEN RAISE EXCEPTION 'licensing.organisationend: organisation_id, kind, effective_on, decided_by_id, decided_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='6c599ed183948c966050c7e67cbea4c18edd8e0b', operation='UPDATE', pgid='pgtrigger_frozen_word_95d6a', table='licensing_organisationend', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organisationend',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,version,organisation_id,kind,effective_on,words,decided_by_id,decided_at,state,carried_out_at,former_ends}', '{words}')", func='', hash='de577a3968833c65a208de2262ac4291c0b72e67', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_2edef', table='licensing_organisationend', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='succession',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'licensing.succession: rows are append-only' USING ERRCODE = 'check_violation';", hash='f8dc1eed641e1257a37e3f580b3b552178d59db1', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e7d7b', table='licensing_succession', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='succession',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,end_id,organisation_id}', '{}')", func='', hash='c5f80d04dd0198273e8429e8cdc780d4d03937e0', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_4a8cf', table='licensing_succession', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='entitycorrection',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'licensing.entitycorrection: rows are append-only' USING ERRCODE = 'check_violation';", hash='4560b488b08a5f16c0d84d99f9a2799002248f44', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_12c2c', table='licensing_entitycorrection', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='entitycorrection',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,adhesion_id,link_id,before,after,made_at}', '{before,after}')", func='', hash='c75b7cab46b2a04200a91abae1223046706097d6', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_0f976', table='licensing_entitycorrection', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='representativechange',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{awaiting_signature}\'::text[])) THEN RAISE EXCEPTION \'licensing.representativechange: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{awaiting_signature}\'::text[])) THEN RAISE EXCEPTION \'licensing.representativechange: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{awaiting_signature:declined,awaiting_signature:lapsed,awaiting_signature:refused,awaiting_signature:signed,awaiting_signature:withdrawn,confirmed:in_effect,confirmed:withdrawn,signed:confirmed,signed:refused,signed:withdrawn}\'::text[]))) THEN RAISE EXCEPTION \'licensing.representativechange: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='01fd6947b5008831528b037036d47030fc441cbb', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_a72c0', table='licensing_representativechange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='representativechange',
            trigger=pgtrigger.compiler.Trigger(name='decided_by_another', sql=dinamis.core.triggers.HardTriggerSql(func="IF NEW.decision_id IS NOT NULL AND NOT EXISTS ( SELECT FROM licensing_decision d WHERE d.id = NEW.decision_id AND d.adhesion_id = NEW.adhesion_id AND d.decided_by_id <> NEW.declared_by_id AND d.verdict = CASE WHEN NEW.state = 'refused' THEN 'keep_representative' ELSE 'new_representative' END) THEN RAISE EXCEPTION 'licensing.representativechange: not decided by somebody else for this change' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='f7f690e4775bd38efa8a88bdf31f2c722374503a', operation='INSERT OR UPDATE', pgid='pgtrigger_decided_by_another_48b29', table='licensing_representativechange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='representativechange',
            trigger=pgtrigger.compiler.Trigger(name='frozen_declaration', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.organisation_id IS DISTINCT FROM NEW.organisation_id OR OLD.adhesion_id IS DISTINCT FROM NEW.adhesion_id OR OLD.former_name IS DISTINCT FROM NEW.former_name OR OLD.legal_representative_name IS DISTINCT FROM NEW.legal_representative_name OR OLD.legal_representative_email IS DISTINCT FROM NEW.legal_representative_email OR OLD.language IS DISTINCT FROM NEW.language OR OLD.reason IS DISTINCT FROM NEW.reason OR OLD.effective_on IS DISTINCT FROM NEW.effective_on OR OLD.declared_by_id IS DISTINCT FROM NEW.declared_by_id OR OLD.declared_at IS DISTINCT FROM NEW.declared_at) THEN RAISE EXCEPTION 'licensing.representativechange: organisation_id, adhesion_id, former_name, legal_representative_name, legal_representative_email, language, reason, effective_on, declared_by_id, declared_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='7d6dcff39d1af08508188a8681657f10dc599b2c', operation='UPDATE', pgid='pgtrigger_frozen_declaration_eaf21', table='licensing_representativechange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='representativechange',
            trigger=pgtrigger.compiler.Trigger(name='frozen_signature', sql=dinamis.core.triggers.HardTriggerSql(func="IF (OLD.signed_at IS NOT NULL) AND (OLD.legal_representative_title IS DISTINCT FROM NEW.legal_representative_title OR OLD.typed_name IS DISTINCT FROM NEW.typed_name OR OLD.signed_at IS DISTINCT FROM NEW.signed_at OR OLD.signed IS DISTINCT FROM NEW.signed) THEN RAISE EXCEPTION 'licensing.representativechange: legal_representative_title, typed_name, signed_at, signed cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='b86840342ef8b652c0a8487e0c130fb56988c523', operation='UPDATE', pgid='pgtrigger_frozen_signature_3e71b', table='licensing_representativechange', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='representativechange',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,version,organisation_id,adhesion_id,former_name,legal_representative_name,legal_representative_title,legal_representative_email,language,reason,effective_on,evidence_id,declared_by_id,declared_at,state,typed_name,signed_at,signed,decision_id,in_effect_at}', '{former_name,legal_representative_name,legal_representative_title,legal_representative_email,typed_name}')", func='', hash='a96ffaf9e31e7dd7e5076dfa16e0de5f1a7217e9', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_a56e3', table='licensing_representativechange', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adhesionsuspension',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,adhesion_id,cause,words,began_at,began_by_id,lifted_at,lifted_by_id,lifted_words}', '{words,lifted_words}')", func='', hash='ff832216559e956d60a7de7d9c570f7cee347d59', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_716c4', table='licensing_adhesionsuspension', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adhesionsuspension',
            trigger=pgtrigger.compiler.Trigger(name='frozen_start', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.adhesion_id IS DISTINCT FROM NEW.adhesion_id OR OLD.cause IS DISTINCT FROM NEW.cause OR OLD.words IS DISTINCT FROM NEW.words OR OLD.began_at IS DISTINCT FROM NEW.began_at OR OLD.began_by_id IS DISTINCT FROM NEW.began_by_id) THEN RAISE EXCEPTION 'licensing.adhesionsuspension: adhesion_id, cause, words, began_at, began_by_id cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='cd205ede2d304470aad4f848605b3233eca35a19', operation='UPDATE', pgid='pgtrigger_frozen_start_27720', table='licensing_adhesionsuspension', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adhesionsuspension',
            trigger=pgtrigger.compiler.Trigger(name='frozen_end', sql=dinamis.core.triggers.HardTriggerSql(func="IF (OLD.lifted_at IS NOT NULL) AND (OLD.lifted_at IS DISTINCT FROM NEW.lifted_at OR OLD.lifted_by_id IS DISTINCT FROM NEW.lifted_by_id OR OLD.lifted_words IS DISTINCT FROM NEW.lifted_words) THEN RAISE EXCEPTION 'licensing.adhesionsuspension: lifted_at, lifted_by_id, lifted_words cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='4bc3ac061b609aba1630e679c210f1e3d14b9144', operation='UPDATE', pgid='pgtrigger_frozen_end_c9ed6', table='licensing_adhesionsuspension', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='adhesionsuspension',
            trigger=pgtrigger.compiler.Trigger(name='four_eyes', sql=dinamis.core.triggers.HardTriggerSql(func="IF NEW.began_by_id IS NOT NULL AND OLD.began_by_id IS DISTINCT FROM NEW.began_by_id AND EXISTS ( SELECT FROM licensing_adhesion a WHERE a.id = NEW.adhesion_id AND ( a.referent_id = NEW.began_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.began_by_id AND m.organisation_id = a.organisation_id AND m.state <> 'ended'))) THEN RAISE EXCEPTION 'licensing.adhesionsuspension: began_by_id belongs to the organisation' USING ERRCODE = 'check_violation'; END IF; IF NEW.lifted_by_id IS NOT NULL AND OLD.lifted_by_id IS DISTINCT FROM NEW.lifted_by_id AND EXISTS ( SELECT FROM licensing_adhesion a WHERE a.id = NEW.adhesion_id AND ( a.referent_id = NEW.lifted_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.lifted_by_id AND m.organisation_id = a.organisation_id AND m.state <> 'ended'))) THEN RAISE EXCEPTION 'licensing.adhesionsuspension: lifted_by_id belongs to the organisation' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='0570a195ac23d8014bd0a5d402a7a2acb2221ed8', operation='INSERT OR UPDATE', pgid='pgtrigger_four_eyes_9e4ad', table='licensing_adhesionsuspension', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revocation',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,version,adhesion_id,state,reason_code,words,noticed_by_id,noticed_at,due_at,answer,answered_by_id,answered_at,decision_id}', '{words,answer}')", func='', hash='9bb38c764f320eec6d1927ca78567e6b4b498f28', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_8a646', table='licensing_revocation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revocation',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{noticed}\'::text[])) THEN RAISE EXCEPTION \'licensing.revocation: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{noticed}\'::text[])) THEN RAISE EXCEPTION \'licensing.revocation: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{answered:dropped,answered:revoked,noticed:answered,noticed:dropped,noticed:revoked}\'::text[]))) THEN RAISE EXCEPTION \'licensing.revocation: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='95dcaa2307f0487dcf9c4a322bb4e2b044808701', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_4ac32', table='licensing_revocation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revocation',
            trigger=pgtrigger.compiler.Trigger(name='time_to_answer', sql=dinamis.core.triggers.HardTriggerSql(func="IF OLD.state = 'noticed' AND NEW.state = 'revoked' AND dinamis_now() < OLD.due_at THEN RAISE EXCEPTION 'licensing.revocation: the organisation may still answer' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='0db787d93031c040a3e7146685e0a0581028ac75', operation='UPDATE', pgid='pgtrigger_time_to_answer_585f3', table='licensing_revocation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revocation',
            trigger=pgtrigger.compiler.Trigger(name='frozen_notice', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.adhesion_id IS DISTINCT FROM NEW.adhesion_id OR OLD.reason_code IS DISTINCT FROM NEW.reason_code OR OLD.words IS DISTINCT FROM NEW.words OR OLD.noticed_by_id IS DISTINCT FROM NEW.noticed_by_id OR OLD.noticed_at IS DISTINCT FROM NEW.noticed_at OR OLD.due_at IS DISTINCT FROM NEW.due_at) THEN RAISE EXCEPTION 'licensing.revocation: adhesion_id, reason_code, words, noticed_by_id, noticed_at, due_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='c153a1246dae964fbfc0e6ac9b3b819280f7026e', operation='UPDATE', pgid='pgtrigger_frozen_notice_31a12', table='licensing_revocation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revocation',
            trigger=pgtrigger.compiler.Trigger(name='frozen_answer', sql=dinamis.core.triggers.HardTriggerSql(func="IF (OLD.answered_at IS NOT NULL) AND (OLD.answer IS DISTINCT FROM NEW.answer OR OLD.answered_by_id IS DISTINCT FROM NEW.answered_by_id OR OLD.answered_at IS DISTINCT FROM NEW.answered_at) THEN RAISE EXCEPTION 'licensing.revocation: answer, answered_by_id, answered_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='0e98787758b7ccbc8859f7a40cae1a3d8a7ce08f', operation='UPDATE', pgid='pgtrigger_frozen_answer_c1c47', table='licensing_revocation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='revocation',
            trigger=pgtrigger.compiler.Trigger(name='four_eyes', sql=dinamis.core.triggers.HardTriggerSql(func="IF NEW.noticed_by_id IS NOT NULL AND OLD.noticed_by_id IS DISTINCT FROM NEW.noticed_by_id AND EXISTS ( SELECT FROM licensing_adhesion a WHERE a.id = NEW.adhesion_id AND ( a.referent_id = NEW.noticed_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.noticed_by_id AND m.organisation_id = a.organisation_id AND m.state <> 'ended'))) THEN RAISE EXCEPTION 'licensing.revocation: noticed_by_id belongs to the organisation' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='33d0236ba1dd4dce5bff897390ab060d28431b2c', operation='INSERT OR UPDATE', pgid='pgtrigger_four_eyes_a1d50', table='licensing_revocation', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='submission',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,adhesion_id,number,content,submitted_at}', '{content}')", func='', hash='7c05f29dfeaf6fce1340392bcff99fc8c983fa9b', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_4e2ea', table='licensing_submission', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='submission',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'licensing.submission: rows are append-only' USING ERRCODE = 'check_violation';", hash='22bd95d80c6e937c236a27108667f4663a183757', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_44ced', table='licensing_submission', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='changerequest',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,decision_id,field,words,answer,answered_by_id,answered_at}', '{words,answer}')", func='', hash='e4101b01c6668db9b589220e255c05f01fc15f75', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_03f07', table='licensing_changerequest', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='changerequest',
            trigger=pgtrigger.compiler.Trigger(name='frozen_request', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.decision_id IS DISTINCT FROM NEW.decision_id OR OLD.field IS DISTINCT FROM NEW.field OR OLD.words IS DISTINCT FROM NEW.words) THEN RAISE EXCEPTION 'licensing.changerequest: decision_id, field, words cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='4eb2f912f2ac67b83825ba0123472b5faf298af0', operation='UPDATE', pgid='pgtrigger_frozen_request_06ad7', table='licensing_changerequest', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='remark',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'licensing.remark: rows are append-only' USING ERRCODE = 'check_violation';", hash='602a09e2f60f365d4f7907dcdeb5cf5cb05efd7d', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_e5722', table='licensing_remark', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='remark',
            trigger=pgtrigger.compiler.Trigger(name='four_eyes', sql=dinamis.core.triggers.HardTriggerSql(func="IF NEW.author_id IS NOT NULL AND OLD.author_id IS DISTINCT FROM NEW.author_id AND EXISTS ( SELECT FROM licensing_adhesion a WHERE a.id = NEW.adhesion_id AND ( a.referent_id = NEW.author_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.author_id AND m.organisation_id = a.organisation_id AND m.state <> 'ended'))) THEN RAISE EXCEPTION 'licensing.remark: author_id belongs to the organisation' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='533e9e485983951db2c7b2cc50c0630e38d9413a', operation='INSERT OR UPDATE', pgid='pgtrigger_four_eyes_57ab2', table='licensing_remark', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'licensing.message: rows are append-only' USING ERRCODE = 'check_violation';", hash='a9d3d06e5c718132c19a49f58cf8ca7e5d9e2a88', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b6314', table='licensing_message', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='opinion',
            trigger=pgtrigger.compiler.Trigger(name='record_events', sql=dinamis.core.triggers.EventTriggerSql(execute="dinamis_record_event('{id,version,adhesion_id,licence_id,body,required,question,state,asked_by_id,asked_at,due_at,verdict,words,given_by_id,given_at}', '{question,words}')", func='', hash='b6210d9324c843fc2137ce508ba48dc0c5c4324b', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_record_events_29459', table='licensing_opinion', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='opinion',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{asked}\'::text[])) THEN RAISE EXCEPTION \'licensing.opinion: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{asked}\'::text[])) THEN RAISE EXCEPTION \'licensing.opinion: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{asked:given,asked:withdrawn}\'::text[]))) THEN RAISE EXCEPTION \'licensing.opinion: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='7da7f01b8eb4e6467f736d709d26266fe313c9db', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_2e0ca', table='licensing_opinion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='opinion',
            trigger=pgtrigger.compiler.Trigger(name='frozen_question', sql=dinamis.core.triggers.HardTriggerSql(func="IF (TRUE) AND (OLD.adhesion_id IS DISTINCT FROM NEW.adhesion_id OR OLD.licence_id IS DISTINCT FROM NEW.licence_id OR OLD.body IS DISTINCT FROM NEW.body OR OLD.required IS DISTINCT FROM NEW.required OR OLD.asked_at IS DISTINCT FROM NEW.asked_at) THEN RAISE EXCEPTION 'licensing.opinion: adhesion_id, licence_id, body, required, asked_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='734d6e08ed5f7c2aad3e962f004cccc102306672', operation='UPDATE', pgid='pgtrigger_frozen_question_2a4ed', table='licensing_opinion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='opinion',
            trigger=pgtrigger.compiler.Trigger(name='frozen_opinion', sql=dinamis.core.triggers.HardTriggerSql(func="IF (OLD.state <> 'asked') AND (OLD.verdict IS DISTINCT FROM NEW.verdict OR OLD.words IS DISTINCT FROM NEW.words OR OLD.given_by_id IS DISTINCT FROM NEW.given_by_id OR OLD.given_at IS DISTINCT FROM NEW.given_at) THEN RAISE EXCEPTION 'licensing.opinion: verdict, words, given_by_id, given_at cannot change any more' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='23eda8ffcc182af159dbe735112633787c57de97', operation='UPDATE', pgid='pgtrigger_frozen_opinion_aef7d', table='licensing_opinion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='opinion',
            trigger=pgtrigger.compiler.Trigger(name='four_eyes', sql=dinamis.core.triggers.HardTriggerSql(func="IF NEW.asked_by_id IS NOT NULL AND OLD.asked_by_id IS DISTINCT FROM NEW.asked_by_id AND EXISTS ( SELECT FROM licensing_adhesion a WHERE a.id = NEW.adhesion_id AND ( a.referent_id = NEW.asked_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.asked_by_id AND m.organisation_id = a.organisation_id AND m.state <> 'ended'))) THEN RAISE EXCEPTION 'licensing.opinion: asked_by_id belongs to the organisation' USING ERRCODE = 'check_violation'; END IF; IF NEW.given_by_id IS NOT NULL AND OLD.given_by_id IS DISTINCT FROM NEW.given_by_id AND EXISTS ( SELECT FROM licensing_adhesion a WHERE a.id = NEW.adhesion_id AND ( a.referent_id = NEW.given_by_id OR EXISTS ( SELECT FROM accounts_membership m WHERE m.user_id = NEW.given_by_id AND m.organisation_id = a.organisation_id AND m.state <> 'ended'))) THEN RAISE EXCEPTION 'licensing.opinion: given_by_id belongs to the organisation' USING ERRCODE = 'check_violation'; END IF; RETURN NEW;", hash='c97c351d94a48c1951df8e3c822799be8b6445b1', operation='INSERT OR UPDATE', pgid='pgtrigger_four_eyes_bd325', table='licensing_opinion', when='BEFORE')),
        ),
        migrations.RunSQL("CREATE SEQUENCE licensing_certificate_seq", "DROP SEQUENCE licensing_certificate_seq"),
    ]
