# SPDX-License-Identifier: AGPL-3.0-or-later
"""The erasure of an account: asked by its person, after a time to think, unless a duty stands against it.

What must stay as proof stays without a name (GDPR, article 17(3)); each app says what it erases, and its duties.
"""

from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dinamis.accounts import notifications
from dinamis.accounts.enums import ApiClientState, ErasureCause, ErasureState, InvitationState, MembershipState
from dinamis.accounts.models import (
    AffiliationEvidence,
    ApiClient,
    DataExport,
    Erasure,
    Invitation,
    Membership,
    Nomination,
    Organisation,
    User,
)
from dinamis.accounts.selectors.my_data import duties_of, unused_accounts
from dinamis.accounts.services.data_export import remove_export
from dinamis.accounts.services.membership import leave
from dinamis.accounts.services.retention import forget_motivation
from dinamis.core import clock, outbox
from dinamis.core.actors import SYSTEM, Actor, Reason
from dinamis.core.evidence.context import acting
from dinamis.core.exceptions import Invalid
from dinamis.core.keys import refuse_keys
from dinamis.core.models import OutboxMessage
from dinamis.core.personal import register
from dinamis.core.sentences import say, several
from dinamis.core.transitions import apply_transition, lock, record_creation
from dinamis.core.triggers import ERASED

TOPIC = "accounts.erase"


def ask_erasure(*, person: User) -> Erasure:
    """Ask that the account be erased in `ERASURE_GRACE_DAYS`; a mail says how to take it back.

    Raises Invalid where a duty stands against it, or when it is asked for already; KeyForbidden while a key acts.
    """
    refuse_keys()
    _refuse_duties(person)
    due = clock.now() + timedelta(days=settings.DINAMIS["ERASURE_GRACE_DAYS"])
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(person=person, due_at=due)
            record_creation(erasure, actor=Actor.person(person))
            outbox.put(TOPIC, {"erasure_id": erasure.pk}, key=f"{TOPIC}:{erasure.pk}", at=due)
            notifications.erasure_asked(erasure)
    except IntegrityError as error:
        raise Invalid(_("The erasure of this account is asked for already."), code="already_asked") from error
    return erasure


def _refuse_duties(person: User) -> None:
    if duties := duties_of(person):
        raise Invalid(" ".join(map(say, duties)), code="duty_stands")


def cancel_erasure(*, erasure: Erasure, person: User) -> Erasure:
    """Keep the account. Raises NotPermitted for somebody else's, IllegalTransition when it is done."""
    with transaction.atomic():
        kept = apply_transition(erasure, "cancel", actor=Actor.person(person), ended_at=clock.now())
        notifications.erasure_ended(kept)
    return kept


def carry_out(erasure: Erasure) -> None:
    """Erase the account when it is due and no duty stands; called again, it changes nothing.

    One that was to be erased because nobody used it is kept if somebody does.
    """
    with transaction.atomic(), acting(SYSTEM, action="accounts.erasure.carry_out"):
        held = lock(erasure)
        if held.state != ErasureState.ASKED or held.due_at > clock.now():
            return
        person = User.objects.select_for_update().get(pk=held.person_id)
        # Two référents who leave at once must not both believe that the other stays.
        list(Organisation.objects.filter(memberships__user=person).order_by("pk").select_for_update())
        if held.cause == ErasureCause.UNUSED and not unused_accounts(clock.now()).filter(pk=person.pk).exists():
            apply_transition(held, "cancel", actor=SYSTEM, ended_at=clock.now())
            return
        if duties := several(*duties_of(person)):
            reason = Reason("duty_stands", duties)
            refused = apply_transition(held, "refuse", actor=SYSTEM, reason=reason, ended_at=clock.now())
            notifications.erasure_ended(refused, duties)
            return
        _forget_messages(person)
        notifications.erasure_ended(apply_transition(held, "carry_out", actor=SYSTEM, ended_at=clock.now()))
        # From the top of the house down: what is erased above still writes into the history below.
        for erase in reversed(register.erasers):
            erase(person)


def _forget_messages(person: User) -> None:
    OutboxMessage.objects.filter(payload__to=person.email, done_at__isnull=False).update(payload={}, last_error="")


def erase_account(person: User) -> None:
    """Leave every organisation, revoke keys, delete identities, factors and addresses, replace what names them."""
    open_ones = (MembershipState.ACTIVE, MembershipState.REQUESTED)
    for nomination in Nomination.objects.waiting().naming(person):
        apply_transition(nomination, "decline", actor=Actor.person(person), answered_at=clock.now())
    Nomination.objects.filter(successor=person).exclude(words="").update(words=ERASED)
    for membership in Membership.objects.filter(user=person):
        if membership.state in open_ones:
            leave(membership=membership, actor=person)
        forget_motivation(membership)
    for client in ApiClient.objects.filter(person=person):
        if client.state == ApiClientState.ACTIVE:
            apply_transition(client, "revoke", actor=Actor.person(person))
        ApiClient.objects.filter(pk=client.pk).update(name=ERASED)
    for export in DataExport.objects.filter(person=person):
        remove_export(export)
    SocialAccount.objects.filter(user=person).delete()
    AffiliationEvidence.objects.filter(user=person).update(subject=ERASED, claims=ERASED)
    answered = Invitation.objects.exclude(state=InvitationState.SENT)
    answered.filter(email__iexact=person.email).update(email=ERASED, name=ERASED)
    EmailAddress.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    person.groups.clear()
    person.user_permissions.clear()
    person.email, person.name = f"erased-{person.pk}@erased.invalid", ERASED
    person.is_active, person.last_login = False, None
    person.set_unusable_password()
    person.save(update_fields=["email", "name", "is_active", "last_login", "password"])


register.erasers.append(erase_account)
