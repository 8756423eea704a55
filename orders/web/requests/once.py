# SPDX-License-Identifier: AGPL-3.0-or-later
"""A form that writes an order is one order, however often it is sent: twice by a hand, or at once by a browser."""

import hashlib
import json

from dinamis.core.idempotency import Request, once
from orders.models import Order

# Of a form: what says nothing of the order.
ASIDE = ("csrfmiddlewaretoken",)


def written_once(request, write):
    """Return the order that `write` returns, or the one that the same form wrote before.

    A page carries a token of its own in `once`; a form in which anything was changed is another one. Raises what
    `write` raises, Busy while the first is still being written.
    """
    token = request.POST.get("once", "")[:60]
    if not token:
        return write()
    fields = sorted((name, values) for name, values in request.POST.lists() if name not in ASIDE)
    files = sorted((name, file.name, file.size) for name, file in request.FILES.items())
    said = hashlib.sha256(json.dumps([token, fields, files]).encode()).hexdigest()
    asked = Request(f"person:{request.user.pk}", request.path, said, b"")
    _status, reference, _replayed = once(asked, lambda: (201, write().reference))
    return Order.objects.get(reference=reference)
