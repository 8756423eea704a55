# SPDX-License-Identifier: AGPL-3.0-or-later
"""The letter of a decision as a tagged PDF, stored once; its page is the HTML twin."""

import hashlib
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from licensing.documents import letter_facts
from licensing.models import Decision, DecisionLetter
from licensing.services.certificate_pdf import tagged_pdf, write_file

LETTER_TOPIC = "licensing.render_decision"
FOLDER = "private/decisions"


def store_letter(decision: Decision) -> None:
    """Render, write and fingerprint the letter of a decision; a second writer changes nothing."""
    if DecisionLetter.objects.filter(decision=decision).exists():
        return
    content = render_letter(decision)
    key = f"{FOLDER}/{decision.decided_at.year}/{uuid4()}.pdf"
    write_file(settings.FILES_ROOT / key, content)
    _letter, made = DecisionLetter.objects.get_or_create(
        decision=decision, defaults={"storage_key": key, "sha256": hashlib.sha256(content).hexdigest()}
    )
    if not made:
        (settings.FILES_ROOT / key).unlink()


def render_letter(decision: Decision) -> bytes:
    """Return the PDF (PDF/UA-1) in the language of the référent."""
    with translation.override(decision.adhesion.referent.language):
        return tagged_pdf(render_to_string("licensing/decision_letter.html", {"facts": letter_facts(decision)}))
