# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a page showed to whom: a signed mark that the signature must bring back (entitlement facts, 6.3 point 1)."""

from dataclasses import dataclass

from django.core import signing
from django.utils.translation import gettext as _

from dinamis.accounts.models import User
from dinamis.core.exceptions import Invalid, NotPermitted, StaleVersion
from licensing.models import Acceptance, LicenceVersion, Project
from licensing.services.licence import accept_for_self

SALT = "licensing.shown_text"
HOURS = 12


@dataclass(frozen=True)
class Trace:
    """Where a signature comes from; kept apart from the evidence."""

    ip: str | None
    user_agent: str


def mark_shown(*, person: User, version: LicenceVersion, language: str) -> str:
    """Return the mark of a page that shows `version` in `language` to `person`: bound to all three and to the text."""
    seen = [person.pk, version.pk, language, version.sha256_in(language)]
    return signing.dumps(seen, salt=SALT)


def accept_shown(
    *,
    person: User,
    mark: str,
    typed_name: str,
    trace: Trace,
    name_confirmed: bool = False,
    project: Project | None = None,
) -> Acceptance:
    """Sign exactly what a page showed; sending it twice signs once.

    Raises Invalid (no mark of ours), NotPermitted (shown to somebody else), StaleVersion (open for too long, or the
    text in force is another one), and what `accept_for_self` raises.
    """
    try:
        reader, version_id, language, sha256 = signing.loads(mark, salt=SALT, max_age=HOURS * 3600)
    except signing.SignatureExpired as error:
        raise StaleVersion(_("This page was open for too long. Read the text again before you sign.")) from error
    except signing.BadSignature as error:
        raise Invalid(_("The form is incomplete."), repair=_("Open the page again."), code="mark") from error
    if reader != person.pk:
        raise NotPermitted(_("This page was opened by somebody else. Sign in, and read the text yourself."))
    return accept_for_self(
        person=person,
        version=LicenceVersion.objects.select_related("licence").get(pk=version_id),
        typed_name=typed_name,
        language=language,
        sha256=sha256,
        ip=trace.ip,
        user_agent=trace.user_agent,
        name_confirmed=name_confirmed,
        project=project,
    )
