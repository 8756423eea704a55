# SPDX-License-Identifier: AGPL-3.0-or-later
"""Until when a reader's rights to download last, if nothing ends them before."""

from datetime import datetime

from licensing.models import Entitlement
from licensing.selectors.decision import Permitted


def right_ends(rights: Permitted) -> dict[int, datetime]:
    """Return for each licence of `rights` the end of the one that lasts longest; without one that has no end."""
    by_right = {allow.entitlement_id for allows in rights.allows.values() for allow in allows}
    if not by_right:
        return {}
    periods = dict(Entitlement.objects.filter(pk__in=by_right).values_list("pk", "period"))
    found = {}
    for licence, allows in rights.allows.items():
        ends = [periods[allow.entitlement_id].upper for allow in allows]
        if None not in ends:
            found[licence] = max(ends)
    return found
