# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which organisation publishes in which collection: given and ended by administrators (docs/adr/0052)."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import ApiClient, Organisation, User
from dinamis.catalogue.models import Collection, PublishingRight
from dinamis.core import clock
from dinamis.core.actors import Actor
from dinamis.core.evidence.context import acting
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted


def give_right(*, actor: User, organisation: Organisation, collections: Sequence[Collection]) -> list[PublishingRight]:
    """Let the keys of `organisation` write images of `collections`, all of them or none.

    Raises NotPermitted (nobody but an administrator), KeyForbidden while a key acts, Invalid: no collection, or one in
    which the organisation publishes already.
    """
    _check(actor)
    if not collections:
        raise Invalid(_("Choose at least one collection."), pointer="collections", repair=_("Tick it in the list."))
    with transaction.atomic(), acting(Actor.person(actor), action="catalogue.publishingright.give"):
        return [_give(actor, organisation, one) for one in collections]


def _give(actor: User, organisation: Organisation, collection: Collection) -> PublishingRight:
    try:
        with transaction.atomic():
            return PublishingRight.objects.create(
                organisation=organisation, collection=collection, given_by=actor, given_at=clock.now()
            )
    except IntegrityError as error:
        raise Invalid(
            _("%(organisation)s publishes in “%(collection)s” already.")
            % {"organisation": organisation, "collection": collection},
            pointer="collections",
            repair=_("Leave it out."),
            code="given_already",
        ) from error


def end_right(*, right: PublishingRight, actor: User) -> PublishingRight:
    """End a right at once: what is being written is finished before, the next request is refused.

    Raises NotPermitted, KeyForbidden, IllegalTransition when it has ended already.
    """
    _check(actor)
    with transaction.atomic(), acting(Actor.person(actor), action="catalogue.publishingright.end"):
        # Whoever writes in the collection holds its row.
        Collection.objects.select_for_update(no_key=True).get(pk=right.collection_id)
        locked = PublishingRight.objects.select_for_update(of=("self",)).get(pk=right.pk)
        if locked.ended_at is not None:
            raise IllegalTransition(_("This right has ended already."))
        locked.ended_at, locked.ended_by = clock.now(), actor
        locked.save(update_fields=["ended_at", "ended_by"])
    return locked


def check_right(client: ApiClient, collection: Collection) -> None:
    """Raise NotPermitted unless the key's organisation publishes in `collection`, whose row the caller holds."""
    rights = PublishingRight.objects.in_force()
    if not rights.filter(organisation=client.organisation_id, collection=collection).exists():
        raise NotPermitted(
            _("The organisation of this key does not publish in “%(name)s”: an administrator gives it that right.")
            % {"name": collection.slug}
        )


def _check(actor: User) -> None:
    if not actor.has_perm("accounts.grant_partner_scope"):
        raise NotPermitted(_("Only an administrator says who publishes in the catalogue."))
