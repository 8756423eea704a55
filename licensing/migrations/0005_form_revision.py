# SPDX-License-Identifier: AGPL-3.0-or-later

import dinamis.core.triggers
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from licensing.services.load_forms import load_forms


def keep_first_revision(apps, schema_editor):
    """Adhesions filled before revisions were kept stand on the first of their class."""
    revision = apps.get_model("licensing", "FormRevision")
    load_forms(revision)
    for first in revision.objects.filter(number=1):
        adhesions = apps.get_model("licensing", "Adhesion").objects.filter(eligibility_class=first.eligibility_class)
        adhesions.update(form_revision=first)


class Migration(migrations.Migration):

    dependencies = [
        ('licensing', '0004_evidence_scans'),
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
        pgtrigger.migrations.AddTrigger(
            model_name='formrevision',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=dinamis.core.triggers.HardTriggerSql(func="RAISE EXCEPTION 'licensing.formrevision: rows are append-only' USING ERRCODE = 'check_violation';", hash='08f6ff9ae2ed0b04c9787bf69addad7ceb444fcd', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_c128b', table='licensing_formrevision', when='BEFORE')),
        ),
        migrations.RemoveField(model_name="adhesion", name="form_revision"),
        migrations.AddField(
            model_name="adhesion",
            name="form_revision",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="adhesions",
                to="licensing.formrevision",
            ),
        ),
        migrations.RunPython(keep_first_revision, migrations.RunPython.noop, elidable=False),
    ]
