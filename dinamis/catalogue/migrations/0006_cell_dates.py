# SPDX-License-Identifier: AGPL-3.0-or-later
"""When each cell of a coverage was acquired, produced and delivered, and from which scenes."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import F, Q

# The day in Paris on which the image of a cell was taken: until now the only date there was.
ACQUIRED = """
UPDATE catalogue_coveragecell cell
SET acquired_on = (item.datetime AT TIME ZONE 'Europe/Paris')::date,
    scene_ids = CASE WHEN item.source_id = '' THEN '{}' ELSE ARRAY[item.source_id] END
FROM catalogue_item item WHERE item.id = cell.item_id AND cell.status <> 'planned'
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0005_item_documents")]
    operations = [
        migrations.AddField(
            model_name="coveragecell",
            name="scene_ids",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200), blank=True, default=list, size=None
            ),
        ),
        *(
            migrations.AddField(
                model_name="coveragecell", name=name, field=models.DateField(blank=True, null=True)
            )
            for name in ("acquired_on", "produced_on", "delivered_on")
        ),
        migrations.RunSQL(ACQUIRED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="coveragecell",
            constraint=models.CheckConstraint(
                condition=(Q(produced_on__isnull=True) | Q(acquired_on__isnull=True) | Q(produced_on__gte=F("acquired_on")))
                & (Q(delivered_on__isnull=True) | Q(produced_on__isnull=True) | Q(delivered_on__gte=F("produced_on"))),
                name="catalogue_cell_dates",
                violation_error_message="A cell is acquired, then produced, then delivered.",
            ),
        ),
    ]
