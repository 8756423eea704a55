# SPDX-License-Identifier: AGPL-3.0-or-later
"""What accounts keep in words of ours: why somebody belongs to an organisation, why an account is not erased."""

from django.utils.translation import gettext_lazy as _

from dinamis.core.sentences import Sentence

LAST_REFERENT = Sentence(
    "accounts.last_referent",
    _("You are the last référent of %(organisation)s: another one has to be named first."),
)
OFFICE_ROLE = Sentence(
    "accounts.office_role",
    _("You have a role in the office of DINAMIS: an administrator takes it back first."),
)
VOUCHED_FOR = Sentence("accounts.vouched_for", _("%(affiliation)s, as their institution says."))
