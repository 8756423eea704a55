# SPDX-License-Identifier: AGPL-3.0-or-later

import dinamis.accounts.validators
import dinamis.core.clock
import dinamis.core.triggers
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("core", "0001_clock"),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
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
            },
        ),
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('acronym', models.CharField(blank=True, max_length=30, verbose_name='acronym')),
                ('country', models.CharField(default='FR', max_length=2, validators=[dinamis.accounts.validators.validate_country], verbose_name='country')),
                ('siret', models.CharField(blank=True, max_length=14, validators=[dinamis.accounts.validators.validate_siret], verbose_name='SIRET')),
                ('ror', models.CharField(blank=True, max_length=9, validators=[dinamis.accounts.validators.validate_ror], verbose_name='ROR identifier')),
                ('sector', models.CharField(blank=True, max_length=120, verbose_name='sector of activity')),
                ('city', models.CharField(blank=True, max_length=120, verbose_name='city')),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'organisation',
                'verbose_name_plural': 'organisations',
                'ordering': ('name',),
                'constraints': [models.UniqueConstraint(condition=models.Q(('siret', ''), _negated=True), fields=('siret',), name='accounts_organisation_siret', violation_error_message='An organisation with this SIRET exists already.'), models.UniqueConstraint(condition=models.Q(('ror', ''), _negated=True), fields=('ror',), name='accounts_organisation_ror', violation_error_message='An organisation with this ROR identifier exists already.')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('role', models.CharField(choices=[('member', 'member'), ('referent', 'DINAMIS référent')], default='member', max_length=20, verbose_name='role')),
                ('state', models.CharField(choices=[('invited', 'invited'), ('requested', 'requested'), ('active', 'active'), ('ended', 'ended')], default='requested', max_length=20, verbose_name='state')),
                ('motivation', models.TextField(blank=True, verbose_name='why you need access')),
                ('created_at', models.DateTimeField(default=dinamis.core.clock.now, editable=False)),
                ('active_from', models.DateTimeField(editable=False, null=True)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.organisation')),
            ],
            options={
                'verbose_name': 'membership',
                'verbose_name_plural': 'memberships',
                'ordering': ('created_at', 'id'),
            },
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='accounts_user_email_ci'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'ended'), _negated=True), fields=('user', 'organisation'), name='accounts_membership_one_open', violation_error_message='This person already belongs to the organisation or has asked to.'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'active'), _negated=True), ('active_from__isnull', False), _connector='OR'), name='accounts_membership_active_from'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('state', 'ended'), _negated=True), ('ended_at__isnull', True)), models.Q(('state', 'ended'), ('ended_at__isnull', False)), _connector='OR'), name='accounts_membership_ended_at'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='membership',
            trigger=pgtrigger.compiler.Trigger(name='state_machine', sql=dinamis.core.triggers.HardTriggerSql(func='IF (TG_OP = \'INSERT\') THEN IF NOT (NEW.state = ANY(\'{invited,requested}\'::text[])) THEN RAISE EXCEPTION \'accounts.membership: a row cannot start in state "%"\', NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW; ELSIF (TG_OP = \'DELETE\') THEN IF NOT (OLD.state = ANY(\'{invited,requested}\'::text[])) THEN RAISE EXCEPTION \'accounts.membership: a row in state "%" cannot be deleted\', OLD.state USING ERRCODE = \'check_violation\'; END IF; RETURN OLD; END IF; IF (OLD.state IS DISTINCT FROM NEW.state AND NOT (CONCAT(OLD.state, \':\', NEW.state) = ANY(\'{active:ended,invited:active,invited:ended,requested:active,requested:ended}\'::text[]))) THEN RAISE EXCEPTION \'accounts.membership: no transition leads from "%" to "%"\', OLD.state, NEW.state USING ERRCODE = \'check_violation\'; END IF; RETURN NEW;', hash='366acabbd1d3d10580104197f2b17f90dca2c8ce', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_state_machine_cd4db', table='accounts_membership', when='BEFORE')),
        ),
    ]
