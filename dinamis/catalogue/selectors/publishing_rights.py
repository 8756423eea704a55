# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which organisation publishes in which collection, and with which keys."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dinamis.accounts.enums import ApiClientState, ApiScope
from dinamis.accounts.models import ApiClient, Organisation
from dinamis.catalogue.models import PublishingRight
from dinamis.core import clock


@dataclass
class Publisher:
    """An organisation with the keys that may publish, and what it may publish in or once might."""

    organisation: Organisation
    keys: list[ApiClient] = field(default_factory=list)
    rights: list[PublishingRight] = field(default_factory=list)
    ended: list[PublishingRight] = field(default_factory=list)


def publishers() -> Sequence[Publisher]:
    """Return every organisation that has, or had, a right or has a key to publish, by name. Two queries."""
    found: dict[int, Publisher] = {}

    def publisher(organisation: Organisation) -> Publisher:
        return found.setdefault(organisation.pk, Publisher(organisation))

    rows = PublishingRight.objects.select_related("organisation", "collection", "given_by", "ended_by")
    for right in rows.order_by("collection__position", "collection__slug", "-given_at"):
        one = publisher(right.organisation)
        (one.rights if right.ended_at is None else one.ended).append(right)
    keys = ApiClient.objects.filter(scopes__contains=[ApiScope.PUBLISH.value], state=ApiClientState.ACTIVE)
    for key in keys.filter(expires_at__gt=clock.now()).select_related("organisation").order_by("name"):
        if key.organisation is not None:
            publisher(key.organisation).keys.append(key)
    return sorted(found.values(), key=lambda one: one.organisation.name.casefold())
