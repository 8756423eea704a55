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
from licensing import notifications, notifications_of_representatives
from licensing.models import Adhesion, EntityCorrection, RepresentativeChange, SigningLink
from licensing.selectors.adhesion import Matter
from licensing.sentences import OTHER_PERSON
from licensing.services.filing import touch
from licensing.services.signing_link import lock_open, use_up
from licensing.validators import validate_class_identity

ENTITY = ("name", "acronym", "siret", "uai", "ror", "city", "sector")
OWN = ("legal_representative_title",)
NOT_THIS_PERSON = "not_this_person"


def may_correct(matter: Matter) -> bool:
    """Tell whether the entity may be corrected through a link: the office changes one that was admitted."""
    return not matter.organisation.adhesions.filter(period__isnull=False).exists()


def correct_entity(*, link: SigningLink, values: Mapping[str, str]) -> EntityCorrection | None:
    """Rewrite what the form says of the entity and of the signatory's function; the référents are told.

    `values` maps names of `ENTITY` and `OWN` to texts; the country and the class stay. Returns the record, or None when
    nothing differs. Raises IllegalTransition (the link is not open), NotPermitted (admitted already), Invalid.
    """
    with transaction.atomic():
        held = lock_open(link)
        matter = held.matter
        before = entity_of(matter)
        after = {name: " ".join(values.get(name, before[name]).split()) for name in before}
        changed = [name for name in before if before[name] != after[name]]
        if not changed:
            return None
        if set(changed) & set(ENTITY) and not may_correct(matter):
            raise NotPermitted(_("The office changes the identity of an organisation that was admitted."))
        _rewrite(matter, after)
        touch(matter)
        correction = EntityCorrection.objects.create(
            adhesion=matter if isinstance(matter, Adhesion) else matter.adhesion,
            link=held,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
            made_at=clock.now(),
        )
        notifications.entity_corrected(correction)
    return correction


def entity_of(matter: Matter) -> dict[str, str]:
    """Return what may be corrected, as it stands."""
    entity = {name: str(getattr(matter.organisation, name)) for name in ENTITY}
    return {**entity, **{name: str(getattr(matter, name)) for name in OWN}}


def _rewrite(matter: Matter, values: Mapping[str, str]) -> None:
    for name in OWN:
        setattr(matter, name, values[name])
    matter.save(update_fields=list(OWN))
    if isinstance(matter, Adhesion) and may_correct(matter):
        _rewrite_organisation(matter, values)


def _rewrite_organisation(adhesion: Adhesion, values: Mapping[str, str]) -> None:
    organisation: Organisation = adhesion.organisation
    data = replace(
        OrganisationData(name=organisation.name, country=organisation.country),
        **{name: values[name] for name in ENTITY},
    ).tidied()
    with as_invalid():
        validate_class_identity(adhesion.eligibility_class, data.country, data.siret)
    update_organisation(organisation=organisation, data=data)


def name_other_person(*, link: SigningLink, name: str, email: str, words: str = "") -> Matter:
    """Say that the link reached the wrong person and who the right one is: the référent is told, nothing is signed.

    The link is used up and an adhesion is a draft again; only its référent may send it to the person named. Raises
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
        matter = apply_transition(
            held.matter,
            "decline_signature",
            actor=Actor.signatory(held.email),
            reason=Reason(NOT_THIS_PERSON, OTHER_PERSON.keep(person=told)),
        )
        use_up(held)
        if isinstance(matter, RepresentativeChange):
            notifications_of_representatives.other_person_named(matter, f"{told}\n{words.strip()}".strip())
        else:
            notifications.other_person_named(matter, held, named=told, words=words.strip())
    link.refresh_from_db()
    return matter
