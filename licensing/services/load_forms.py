# SPDX-License-Identifier: AGPL-3.0-or-later
"""The forms DINAMIS ships, `licensing/forms/<class>-<number>.json`. A file that was released never changes."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection

from licensing.models import FormRevision

FOLDER = Path(__file__).resolve().parent.parent / "forms"


def load_forms(model: Any = FormRevision) -> int:
    """Create the shipped revisions that are not there; returns how many. Called after every migration."""
    made = 0
    for path in sorted(FOLDER.glob("*.json")):
        form = json.loads(path.read_text(encoding="utf-8"))
        _revision, created = model.objects.get_or_create(
            eligibility_class=form["eligibility_class"],
            number=form["number"],
            defaults={
                "questions": form["questions"],
                "published_at": datetime.fromisoformat(form["published_at"]),
            },
        )
        made += created
    return made


def load_after_migrating(**kwargs: Any) -> None:
    """Do so where the table exists: the handler of `post_migrate`."""
    if FormRevision._meta.db_table in connection.introspection.table_names():
        load_forms()
