# SPDX-License-Identifier: AGPL-3.0-or-later
"""The copy of a signed text as a tagged PDF. It is made when asked for: all it says is in rows that never change."""

from django.template.loader import render_to_string
from django.utils import translation

from licensing.documents import signed_text_facts
from licensing.models import Acceptance
from licensing.services.certificate_pdf import tagged_pdf


def signed_text_pdf(acceptance: Acceptance) -> bytes:
    """Return the copy (PDF/UA-1) in the language of the signature; the exact bytes that were signed are attached."""
    with translation.override(acceptance.language):
        facts = signed_text_facts(acceptance)
        html = render_to_string("licensing/signed_text.html", {"facts": facts})
        return tagged_pdf(html, attached={facts.file_name: facts.text})
