# SPDX-License-Identifier: AGPL-3.0-or-later
"""What orders keep in words of ours: in the ledger, in histories, minutes, quotes and mails."""

from django.utils.translation import gettext_lazy as _

from dinamis.core.sentences import Sentence
from dinamis.core.templatetags.ui import euros
from orders.enums import Leaving
from orders.reasons import label_of

AREA = Sentence("orders.area", _("Area %(number)d"))
BOUGHT_TOGETHER = Sentence("orders.bought_together", _("Bought together: %(pool)s"))
CEILING_SHORT = Sentence(
    "orders.ceiling_short",
    _("The ceiling of an envelope leaves %(left)s, and %(wanted)s are wanted."),
    left=euros,
    wanted=euros,
)
INVOICE = Sentence("orders.invoice", _("Invoice %(number)s"))
LEFT = Sentence("orders.left", _("%(organisation)s: %(why)s."), why=lambda code: Leaving(code).label)
PROPOSED_BY = Sentence("orders.proposed_by", _("%(words)s (proposed by %(name)s)"))
PROVIDER_SAYS = Sentence("orders.provider_says", _("“%(words)s” (the provider’s words, in English)"))
REASON = Sentence("orders.reason", "%(reason)s", reason=label_of)
UNDER_WAY = Sentence(
    "orders.under_way", _("Your order %(reference)s is under way: wait for its delivery, or cancel it.")
)
