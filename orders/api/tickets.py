# SPDX-License-Identifier: AGPL-3.0-or-later
"""Download links: one ticket for up to 64 files, written before any link exists."""

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from dinamis.accounts.api.idempotency import idempotent
from dinamis.accounts.api.permissions import needs_person
from dinamis.accounts.api.schema import IDEMPOTENCY_KEY, answers
from dinamis.accounts.api.views import ApiView, validated
from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.models import Asset
from dinamis.core import clock
from dinamis.core.exceptions import Invalid
from licensing.api.rights import own_project
from orders.services.downloads.ticket import issue_ticket

BIG = 2**63 - 1


class FileNamed(serializers.Serializer):
    """A data file: the image and the key of the file in it."""

    item = serializers.IntegerField(min_value=1, max_value=BIG)
    key = serializers.CharField(max_length=60)


class TicketRequest(serializers.Serializer):
    """The files, and the project they are for."""

    files = serializers.ListField(child=FileNamed(), min_length=1, max_length=settings.DINAMIS["TICKET_MAX_OBJECTS"])
    project = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=BIG)


class LinkShape(serializers.Serializer):
    """One link; the right is asked again each time it is followed."""

    item = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    href = serializers.URLField()
    size = serializers.IntegerField(help_text="bytes")
    sha256 = serializers.CharField()


class TicketShape(serializers.Serializer):
    """The links and until when they locate their files."""

    expires_at = serializers.DateTimeField()
    links = LinkShape(many=True)


class Tickets(ApiView):
    """Download links."""

    scopes = (ApiScope.TICKETS,)

    @extend_schema(
        operation_id="create_ticket",
        summary="Links to files of images you may download",
        parameters=[IDEMPOTENCY_KEY],
        request=TicketRequest,
        responses=answers(TicketShape, 409, 413, 415, 422, 503, status=201),
        tags=["download"],
    )
    def post(self, request):
        """Return one link per file, or 403 with everything that is missing; then no link is made at all."""
        person = needs_person(request)
        asked = validated(TicketRequest, request.data)

        def execute():
            project = own_project(person, asked["project"])
            assets = _assets(asked["files"])
            ticket, _token, paths = issue_ticket(person=person, assets=assets, project=project, at=clock.now())
            return 201, _shape(ticket, assets, paths)

        return idempotent(request, execute)


def _assets(files):
    """Return the files in their order. Raises Invalid that points at the first one there is not."""
    named = [(one["item"], one["key"]) for one in files]
    rows = Asset.objects.filter(
        item_id__in={item for item, _key in named}, public=False, item__withdrawn_at__isnull=True
    ).select_related("item__collection__licence")
    known = {(asset.item_id, asset.key): asset for asset in rows}
    for place, name in enumerate(named):
        if name not in known:
            raise Invalid(_("There is no such file."), pointer=f"files/{place}", code="unknown_file")
    return [known[name] for name in named]


def _shape(ticket, assets, paths):
    links = [
        {
            "item": asset.item_id,
            "key": asset.key,
            "name": asset.file_name,
            "href": settings.SITE_URL + paths[asset.pk],
            "size": asset.size,
            "sha256": asset.sha256,
        }
        for asset in assets
    ]
    return {"expires_at": ticket.expires_at.isoformat(), "links": links}
