# SPDX-License-Identifier: AGPL-3.0-or-later
"""People, organisations, and what is known of both. Their triggers follow when what these call is there."""

import dinamis.accounts.models.nomination
import dinamis.accounts.validators
import dinamis.core.clock
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models



class Migration(migrations.Migration):

    replaces = [
        ('accounts', '0001_initial'),
        ('accounts', '0002_api_client'),
        ('accounts', '0003_registers'),
        ('accounts', '0004_evidence'),
        ('accounts', '0005_my_data'),
        ('accounts', '0006_identities_and_invitations'),
        ('accounts', '0007_referents'),
        ('accounts', '0008_unused_accounts'),
        ('accounts', '0009_nominations'),
        ('accounts', '0010_organisation_ended'),
        ('accounts', '0011_nominations_expire'),
        ('accounts', '0012_projects_scope'),
        ('accounts', '0013_publish_scope'),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('core', '0001_functions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('acronym', models.CharField(blank=True, max_length=30, verbose_name='acronym')),
                ('country', models.CharField(default='FR', max_length=2, validators=[dinamis.accounts.validators.validate_country], verbose_name='country')),
                ('siret', models.CharField(blank=True, max_length=14, validators=[dinamis.accounts.validators.validate_siret], verbose_name='SIRET')),
                ('ror', models.CharField(blank=True, max_length=9, validators=[dinamis.accounts.validators.validate_ror], verbose_name='ROR identifier')),
                ('uai', models.CharField(blank=True, max_length=8, validators=[dinamis.accounts.validators.validate_uai], verbose_name='UAI number')),
                ('sector', models.CharField(blank=True, max_length=120, verbose_name='sector of activity')),
                ('city', models.CharField(blank=True, max_length=120, verbose_name='city')),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'organisation',
                'verbose_name_plural': 'organisations',
                'ordering': ('name',),
                'constraints': [models.UniqueConstraint(condition=models.Q(('siret', ''), _negated=True), fields=('siret',), name='accounts_organisation_siret', violation_error_message='An organisation with this SIRET exists already.'), models.UniqueConstraint(condition=models.Q(('ror', ''), _negated=True), fields=('ror',), name='accounts_organisation_ror', violation_error_message='An organisation with this ROR identifier exists already.'), models.UniqueConstraint(condition=models.Q(('uai', ''), _negated=True), fields=('uai',), name='accounts_organisation_uai', violation_error_message='An organisation with this UAI number exists already.')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail address')),
                ('name', models.CharField(max_length=150, verbose_name='name')),
                ('language', models.CharField(choices=[('fr', 'French'), ('en', 'English')], default='fr', max_length=5, verbose_name='language')),
                ('office_role', models.CharField(choices=[('none', 'none'), ('moderator', 'moderator'), ('administrator', 'administrator'), ('opinion_cnes', 'opinion of CNES'), ('opinion_airbus', 'opinion of Airbus DS')], default='none', max_length=20, verbose_name='office role')),
                ('is_staff', models.BooleanField(default=False, verbose_name='may open the admin site')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('date_joined', models.DateTimeField(default=dinamis.core.clock.now, verbose_name='joined')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'person',
                'verbose_name_plural': 'persons',
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='accounts_user_email_ci')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.organisation')),
                ('role', models.CharField(choices=[('member', 'member'), ('referent', 'DINAMIS référent')], default='member', max_length=20, verbose_name='role')),
                ('state', models.CharField(choices=[('invited', 'invited'), ('requested', 'requested'), ('active', 'active'), ('ended', 'ended')], default='requested', max_length=20, verbose_name='state')),
                ('motivation', models.TextField(blank=True, verbose_name='why you need access')),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('active_from', models.DateTimeField(editable=False, null=True)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('ending', models.CharField(blank=True, choices=[('left', 'left'), ('removed', 'removed by a référent'), ('declined', 'declined'), ('role_changed', 'goes on in another role'), ('by_office', 'ended by the office'), ('organisation_ended', 'the organisation ended')], editable=False, max_length=20)),
            ],
            options={
                'verbose_name': 'membership',
                'verbose_name_plural': 'memberships',
                'ordering': ('created_at', 'id'),
                'indexes': [models.Index(condition=models.Q(('role', 'referent')), fields=['organisation'], name='accounts_membership_referents')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'ended'), _negated=True), fields=('user', 'organisation'), name='accounts_membership_one_open', violation_error_message='This person already belongs to the organisation or has asked to.'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'active'), _negated=True), ('active_from__isnull', False), _connector='OR'), name='accounts_membership_active_from'), models.CheckConstraint(condition=models.Q(models.Q(models.Q(('state', 'ended'), _negated=True), ('ended_at__isnull', True)), models.Q(('state', 'ended'), ('ended_at__isnull', False)), _connector='OR'), name='accounts_membership_ended_at')],
            },
        ),
        migrations.CreateModel(
            name='ApiClient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='api_clients', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='api_clients', to='accounts.organisation')),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('rights:read', 'read rights, projects and adhesions, ask for decisions'), ('catalogue:read', 'read the catalogue'), ('projects:write', 'describe, change and end projects'), ('orders:read', 'read orders and what can be ordered'), ('orders:write', 'write, submit and cancel orders'), ('tickets:create', 'ask for download links'), ('entitlements:read', 'read the entitlements of every organisation (partner portals)'), ('catalogue:write', 'publish, change and delete images of the catalogue (data centres)')], max_length=30), size=None, verbose_name='scopes')),
                ('networks', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=43, validators=[dinamis.accounts.validators.validate_network]), blank=True, default=list, size=None, verbose_name='networks')),
                ('access_key', models.CharField(max_length=40, unique=True, verbose_name='access key')),
                ('secret_sha256', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('active', 'active'), ('revoked', 'revoked')], default='active', max_length=20, verbose_name='state')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('expires_at', models.DateTimeField(verbose_name='expires on')),
                ('last_used_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'API key',
                'verbose_name_plural': 'API keys',
                'ordering': ('-created_at', '-id'),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('organisation__isnull', True), ('person__isnull', False)), models.Q(('organisation__isnull', False), ('person__isnull', True)), _connector='OR'), name='accounts_api_client_one_owner'), models.CheckConstraint(condition=models.Q(('scopes__len__gt', 0)), name='accounts_api_client_scoped'), models.CheckConstraint(condition=models.Q(('person__isnull', True), models.Q(('scopes__overlap', ['entitlements:read', 'catalogue:write']), _negated=True), _connector='OR'), name='accounts_api_client_partner_is_organisation'), models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('person', 'organisation', 'name'), name='accounts_api_client_name', nulls_distinct=False, violation_error_message='There is a key of this name already.')],
            },
        ),
        migrations.CreateModel(
            name='AffiliationEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='affiliation_evidence', to=settings.AUTH_USER_MODEL)),
                ('occasion', models.CharField(choices=[('signed_in', 'signed in'), ('linked', 'linked'), ('unlinked', 'unlinked')], max_length=20, verbose_name='occasion')),
                ('provider', models.CharField(max_length=50, verbose_name='provider')),
                ('issuer', models.CharField(max_length=300, verbose_name='issuer')),
                ('subject', models.CharField(max_length=300, verbose_name='identifier at the provider')),
                ('claims', models.TextField(help_text='JSON, keys sorted', verbose_name='what was said')),
                ('observed_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'affiliation evidence',
                'verbose_name_plural': 'affiliation evidence',
                'ordering': ('observed_at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='AffiliationRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='affiliation_rules', to='accounts.organisation')),
                ('scope', models.CharField(max_length=253, validators=[dinamis.accounts.validators.validate_scope], verbose_name='scope')),
                ('affiliation', models.CharField(choices=[('member', 'member of the institution'), ('employee', 'employee'), ('staff', 'staff'), ('faculty', 'teaching or research staff'), ('researcher', 'researcher'), ('teacher', 'teacher'), ('student', 'student')], max_length=20, verbose_name='affiliation')),
                ('effect', models.CharField(choices=[('propose', 'the account is proposed to the référent'), ('activate', 'the account is activated at once')], default='propose', max_length=20, verbose_name='effect')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'affiliation rule',
                'verbose_name_plural': 'affiliation rules',
                'ordering': ('scope', 'affiliation', 'id'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('organisation', 'scope', 'affiliation'), name='accounts_affiliation_rule_one_on', violation_error_message='This rule is switched on already.')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='accounts.organisation')),
                ('email', models.EmailField(max_length=254, verbose_name='e-mail address')),
                ('name', models.CharField(max_length=150, validators=[dinamis.accounts.validators.validate_person_name], verbose_name='name')),
                ('language', models.CharField(choices=[('fr', 'French'), ('en', 'English')], default='fr', max_length=5, verbose_name='language')),
                ('state', models.CharField(choices=[('sent', 'sent'), ('accepted', 'accepted'), ('declined', 'declined'), ('withdrawn', 'withdrawn')], default='sent', max_length=20, verbose_name='state')),
                ('number', models.PositiveSmallIntegerField(default=1, editable=False)),
                ('token_sha256', models.CharField(editable=False, max_length=64, unique=True)),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('expires_at', models.DateTimeField()),
                ('membership', models.OneToOneField(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='invitation', to='accounts.membership')),
            ],
            options={
                'verbose_name': 'invitation',
                'verbose_name_plural': 'invitations',
                'ordering': ('created_at', 'id'),
                'constraints': [models.UniqueConstraint(models.F('organisation'), django.db.models.functions.text.Lower('email'), condition=models.Q(('state', 'sent')), name='accounts_invitation_one_open', violation_error_message='This address is invited already: send the invitation again.'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'accepted'), _negated=True), ('membership__isnull', False), _connector='OR'), name='accounts_invitation_accepted')],
            },
        ),
        migrations.CreateModel(
            name='DataExport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='data_export', to=settings.AUTH_USER_MODEL)),
                ('asked_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('ready_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('storage_key', models.CharField(blank=True, max_length=300)),
                ('size', models.PositiveBigIntegerField(null=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'verbose_name': 'copy of personal data',
                'verbose_name_plural': 'copies of personal data',
                'ordering': ('asked_at', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('ready_at__isnull', True), ('storage_key', '')), models.Q(('expires_at__isnull', False), ('ready_at__isnull', False), models.Q(('storage_key', ''), _negated=True), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='accounts_export_complete')],
            },
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='erasures', to=settings.AUTH_USER_MODEL)),
                ('state', models.CharField(choices=[('asked', 'asked'), ('cancelled', 'taken back'), ('refused', 'refused'), ('done', 'done')], default='asked', max_length=20, verbose_name='state')),
                ('cause', models.CharField(choices=[('asked', 'asked by its person'), ('unused', 'not used any more')], default='asked', max_length=20, verbose_name='cause')),
                ('asked_at', models.DateTimeField(default=dinamis.core.clock.now)),
                ('due_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'erasure of an account',
                'verbose_name_plural': 'erasures of accounts',
                'ordering': ('asked_at', 'id'),
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('person',), name='accounts_erasure_one_open', violation_error_message='The erasure of this account is asked for already.')],
            },
        ),
        migrations.CreateModel(
            name='Nomination',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='nominations', to='accounts.organisation')),
                ('successor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='nominations', to=settings.AUTH_USER_MODEL)),
                ('invitation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='nominations', to='accounts.invitation')),
                ('named_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('by_office', models.BooleanField(default=False)),
                ('hands_over', models.BooleanField(default=False, verbose_name='I stop being référent')),
                ('words', models.TextField(blank=True, verbose_name='reason')),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('accepted', 'accepted'), ('declined', 'declined'), ('withdrawn', 'withdrawn'), ('expired', 'expired')], default='proposed', max_length=20, verbose_name='state')),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('expires_at', models.DateTimeField(default=dinamis.accounts.models.nomination.last_moment, editable=False)),
                ('answered_at', models.DateTimeField(editable=False, null=True)),
                ('membership', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
            ],
            options={
                'verbose_name': 'nomination of a référent',
                'verbose_name_plural': 'nominations of référents',
                'ordering': ('created_at', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('successor__isnull', True), ('invitation__isnull', True), _connector='XOR'), name='accounts_nomination_of_one'), models.CheckConstraint(condition=models.Q(('successor', models.F('named_by')), _negated=True), name='accounts_nomination_not_oneself'), models.CheckConstraint(condition=models.Q(('by_office', False), models.Q(models.Q(('words', ''), _negated=True), ('hands_over', False)), _connector='OR'), name='accounts_nomination_reasoned'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'accepted'), _negated=True), ('membership__isnull', False), _connector='OR'), name='accounts_nomination_accepted'), models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('organisation', 'successor'), name='accounts_nomination_one_open', violation_error_message='This person is named already.'), models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('invitation',), name='accounts_nomination_one_of_invitation', violation_error_message='This person is named already.')],
            },
        ),
        migrations.CreateModel(
            name='RegistryEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('register', models.CharField(choices=[('siret', 'SIRET'), ('uai', 'UAI'), ('ror', 'ROR')], max_length=10)),
                ('number', models.CharField(max_length=14)),
                ('name', models.CharField(max_length=200)),
                ('acronym', models.CharField(blank=True, max_length=30)),
                ('city', models.CharField(blank=True, max_length=120)),
                ('country', models.CharField(default='FR', max_length=2)),
                ('imported_at', models.DateTimeField(default=dinamis.core.clock.now)),
            ],
            options={
                'verbose_name': 'registry entry',
                'verbose_name_plural': 'registry entries',
                'ordering': ('register', 'number'),
                'constraints': [models.UniqueConstraint(fields=('register', 'number'), name='accounts_registry_number')],
            },
        ),
    ]
