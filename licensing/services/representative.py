# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a legal representative may do with a link besides signing: correct what is said of the entity, or say who is."""

from collections.abc import Mapping
from dataclasses import replace

from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from dinamis.accounts.models import Organisation
from dinamis.accounts.services.organisation import OrganisationData, update_organisation
from dinamis.core import clock
from dinamis.core.actors import Actor, Reason
from dinamis.core.exceptions import Invalid, NotPermitted
from dinamis.core.transitions import apply_transition
from dinamis.core.validation import as_invalid
from licensing import notifications
from licensing.models import Adhesion, EntityCorrection, SigningLink
from licensing.services.filing import touch
from licensing.services.signing_link import lock_open
from licensing.validators import validate_class_identity

ENTITY = ("name", "acronym", "siret", "uai", "ror", "city", "sector")
OWN = ("legal_representative_title",)
NOT_THIS_PERSON = "not_this_person"


def may_correct(adhesion: Adhesion) -> bool:
    """Tell whether the entity may be corrected through a link: the office changes one that was admitted."""
    admitted = adhesion.organisation.adhesions.exclude(pk=adhesion.pk).filter(period__isnull=False)
    return not admitted.exists()


def correct_entity(*, link: SigningLink, values: Mapping[str, str]) -> EntityCorrection | None:
    """Rewrite what the form says of the entity and of the signatory's function; the référents are told.

    `values` maps names of `ENTITY` and `OWN` to texts; the country and the class stay. Returns the record, or None when
    nothing differs. Raises IllegalTransition (the link is not open), NotPermitted (admitted already), Invalid.
    """
    with transaction.atomic():
        held = lock_open(link)
        adhesion = held.adhesion
        before = entity_of(adhesion)
        after = {name: " ".join(values.get(name, before[name]).split()) for name in before}
        changed = [name for name in before if before[name] != after[name]]
        if not changed:
            return None
        if set(changed) & set(ENTITY) and not may_correct(adhesion):
            raise NotPermitted(_("The office changes the identity of an organisation that was admitted."))
        _rewrite(adhesion, after)
        touch(adhesion)
        correction = EntityCorrection.objects.create(
            adhesion=adhesion,
            link=held,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
            made_at=clock.now(),
        )
        notifications.entity_corrected(correction)
    return correction


def entity_of(adhesion: Adhesion) -> dict[str, str]:
    """Return what may be corrected, as it stands."""
    entity = {name: str(getattr(adhesion.organisation, name)) for name in ENTITY}
    return {**entity, **{name: str(getattr(adhesion, name)) for name in OWN}}


def _rewrite(adhesion: Adhesion, values: Mapping[str, str]) -> None:
    organisation: Organisation = adhesion.organisation
    data = replace(
        OrganisationData(name=organisation.name, country=organisation.country),
        **{name: values[name] for name in ENTITY},
    ).tidied()
    with as_invalid():
        validate_class_identity(adhesion.eligibility_class, data.country, data.siret)
    update_organisation(organisation=organisation, data=data)
    for name in OWN:
        setattr(adhesion, name, values[name])
    adhesion.save(update_fields=list(OWN))


def name_other_person(*, link: SigningLink, name: str, email: str, words: str = "") -> Adhesion:
    """Say that the link reached the wrong person and who the right one is: the référent is told, nothing is signed.

    The link is used up and the adhesion is a draft again; only its référent may send it to the person named. Raises
    IllegalTransition when the link is not open, Invalid (name, address).
    """
    person, address = " ".join(name.split()), email.strip().lower()
    if not person:
        raise Invalid(_("Say who the legal representative is."), pointer="name")
    if address:
        with as_invalid("email"):
            validate_email(address)
    told = f"{person} {address}".strip()
    with transaction.atomic():
        held = lock_open(link)
        adhesion = apply_transition(
            held.adhesion,
            "decline_signature",
            actor=Actor.signatory(held.email),
            reason=Reason(NOT_THIS_PERSON, _("Not the legal representative; named: %(person)s.") % {"person": told}),
        )
        held.used_at = clock.now()
        held.save(update_fields=["used_at"])
        notifications.other_person_named(adhesion, held, named=told, words=words.strip())
    link.refresh_from_db()
    return adhesion
