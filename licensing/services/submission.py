# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the form said each time it was handed to the office: the other half of every "what has changed?"."""

from dinamis.core import clock
from licensing.models import Adhesion, Submission
from licensing.selectors.submission import content_of


def record_submission(adhesion: Adhesion) -> Submission:
    """Keep what a locked adhesion says now. Must be called inside the transaction that hands it over."""
    last = adhesion.submissions.last()
    return Submission.objects.create(
        adhesion=adhesion,
        number=last.number + 1 if last else 1,
        content=content_of(adhesion),
        submitted_at=clock.now(),
    )
