# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was typed on a page whose person goes elsewhere to sign, in their session until they come back."""

import json

from dinamis.core import geo
from orders.services.requests.kept_requests import LONGEST

NAME = "orders.set_aside"


def set_aside(request, form, **lists):
    """Keep what the fields of a form say and the `lists` beside them; returns the address of the page that has them.

    An area that came as a file is kept as the outline that was read; what is longer than `LONGEST` is not kept.
    """
    fields = {name: value for name, value in request.POST.items() if name in form.fields}
    if not fields.get("aoi", "").strip() and form.geometry is not None:
        fields["aoi"] = json.dumps(geo.to_geojson(form.geometry))
    if sum(map(len, fields.values())) > LONGEST:
        return request.path
    request.session[NAME] = {"path": request.path, "fields": fields, **lists}
    return f"{request.path}?kept=1"


def taken_up(request):
    """Return what was kept of this page, where the address asks for it, or None."""
    kept = request.session.get(NAME) if "kept" in request.GET else None
    return kept if kept and kept["path"] == request.path else None


def forget(request):
    """Forget it: it was sent."""
    request.session.pop(NAME, None)
