# SPDX-License-Identifier: AGPL-3.0-or-later
"""The words of coded reasons and verdicts of orders."""

from django import template
from django.utils.translation import pgettext_lazy

from orders.reasons import label_of

register = template.Library()
VERDICTS = {
    "approve": ("ok", pgettext_lazy("verdict", "approved")),
    "pass_on": ("progress", pgettext_lazy("verdict", "passed on")),
    "refuse": ("bad", pgettext_lazy("verdict", "refused")),
    "request_changes": ("act", pgettext_lazy("verdict", "changes requested")),
    "yes": ("ok", pgettext_lazy("verdict", "favourable")),
    "reservations": ("act", pgettext_lazy("verdict", "favourable with reservations")),
    "no": ("bad", pgettext_lazy("verdict", "unfavourable")),
}
register.filter("reason", label_of)


@register.filter
def verdict_label(verdict: str) -> str:
    """The word of what a stage decided; one that is not known any more is shown as it is."""
    return str(VERDICTS.get(verdict, ("", verdict))[1])


@register.filter
def verdict_tone(verdict: str) -> str:
    """The tone of what a stage decided, for the status component."""
    return VERDICTS.get(verdict, ("neutral", ""))[0]
