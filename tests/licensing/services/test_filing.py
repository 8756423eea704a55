# SPDX-License-Identifier: AGPL-3.0-or-later
"""The référent's verbs: who may open, what is refused as a double, what stays fixed once signed."""

from dataclasses import fields, replace

import pytest

from dinamis.accounts.models import Membership, Organisation
from dinamis.core.actors import Reason
from dinamis.core.exceptions import IllegalTransition, Invalid, NotPermitted, StaleVersion
from licensing.models import Adhesion, SigningLink
from licensing.services import adhesion as verbs
from tests.cast import sign, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership, siret
from tests.factories.licensing import approved_adhesion

pytestmark = pytest.mark.django_db

INSTITUTE = verbs.OrganisationData(name="Institut des rivages", siret=siret(11), sector="recherche")


def opened(**changes):
    given = {
        "referent": UserFactory(),
        "organisation": INSTITUTE,
        "eligibility_class": "french_institutional",
        "legal_representative": verbs.LegalRepresentative("Hélène Martin", "direction@example.org"),
        "mission": "Suivi du trait de côte.",
        **changes,
    }
    return verbs.open_adhesion(**given)


@pytest.mark.usefixtures("in_no_language")
def test_opening_makes_organisation_draft_and_a_waiting_referent():
    adhesion = opened()
    assert adhesion.state == "draft"
    membership = Membership.objects.get()
    assert (membership.role, membership.state, membership.organisation) == (
        "referent",
        "requested",
        adhesion.organisation,
    )


@pytest.mark.parametrize(
    ("data", "eligibility_class", "pointer"),
    [
        (verbs.OrganisationData(name="X", siret="12345678901234"), "french_institutional", "siret"),
        (verbs.OrganisationData(name="X", siret="123"), "french_institutional", "siret"),
        (verbs.OrganisationData(name="X"), "french_institutional", "siret"),
        (verbs.OrganisationData(name="X", country="SN"), "private", "country"),
        (verbs.OrganisationData(name="X", country="GP", siret=siret(3)), "foreign_scientific", "country"),
        (verbs.OrganisationData(name="X", country="SEN"), "foreign_scientific", "country"),
        (verbs.OrganisationData(name="X", country="SN", ror="zzz"), "foreign_scientific", "ror"),
        (verbs.OrganisationData(name="", siret=siret(3)), "french_institutional", "name"),
        (INSTITUTE, "other", "eligibility_class"),
    ],
)
def test_what_cannot_be_right_is_refused_and_leaves_nothing(data, eligibility_class, pointer):
    with pytest.raises(Invalid) as caught:
        opened(organisation=data, eligibility_class=eligibility_class)
    assert caught.value.pointer == pointer
    assert Organisation.objects.count() == 0
    assert Adhesion.objects.count() == 0
    assert Membership.objects.count() == 0


def test_overseas_france_is_france():
    data = verbs.OrganisationData(name="Région", country="RE", siret=siret(12))
    assert opened(organisation=data).organisation.country == "RE"


def test_an_organisation_under_way_is_not_opened_by_somebody_else():
    first = opened()
    spaced = verbs.OrganisationData(name="Autre nom", siret=" ".join(siret(11)))
    with pytest.raises(Invalid) as caught:
        opened(organisation=spaced)
    assert caught.value.code == "organisation_exists"
    assert Organisation.objects.get().name == "Institut des rivages"
    assert Adhesion.objects.get() == first


def test_the_same_person_has_one_open_adhesion_of_a_class():
    first = opened()
    with pytest.raises(Invalid) as caught:
        opened(referent=first.referent)
    assert caught.value.code == "one_open"


def test_a_withdrawn_one_may_be_filed_by_anybody():
    first = opened()
    verbs.withdraw_adhesion(adhesion=first, actor=first.referent)
    assert Membership.objects.get().state == "ended"
    second = opened()
    assert second.organisation == first.organisation


def test_an_admitted_organisation_is_its_referents_affair():
    adhesion = approved_adhesion()
    from tests.factories.accounts import active_membership

    active_membership(adhesion.referent, adhesion.organisation, role="referent")
    with pytest.raises(Invalid):
        opened(organisation=adhesion.organisation, eligibility_class="private")
    with pytest.raises(Invalid):
        opened(organisation=verbs.OrganisationData(name="X", siret=adhesion.organisation.siret))
    mine = opened(referent=adhesion.referent, organisation=adhesion.organisation, eligibility_class="private")
    assert mine.organisation == adhesion.organisation


def test_foreign_doubles_are_known_by_name():
    data = verbs.OrganisationData(name="Institut du fleuve", country="SN")
    opened(organisation=data, eligibility_class="foreign_scientific")
    with pytest.raises(Invalid):
        opened(
            organisation=verbs.OrganisationData(name="institut du  fleuve", country="sn"),
            eligibility_class="foreign_scientific",
        )


def test_an_incomplete_form_is_not_sent():
    adhesion = opened(legal_representative=None, mission="")
    with pytest.raises(Invalid) as caught:
        verbs.send_for_signature(adhesion=adhesion, actor=adhesion.referent)
    assert caught.value.code == "incomplete"
    assert caught.value.pointer == "legal_representative_name"
    adhesion.refresh_from_db()
    assert adhesion.state == "draft"
    assert SigningLink.objects.count() == 0


PRIVATE = {
    "project_title": "Digues",
    "project_purpose": "public_order",
    "contract": "2026-AO-1",
    "partner": "Agence des digues",
    "project_ends_on": "2099-12-31",
}


@pytest.mark.parametrize("missing", list(PRIVATE))
def test_a_private_company_names_its_project(missing):
    answers = {**PRIVATE, missing: ""}
    adhesion = opened(eligibility_class="private", answers=answers)
    with pytest.raises(Invalid) as caught:
        verbs.send_for_signature(adhesion=adhesion, actor=adhesion.referent)
    assert caught.value.pointer == missing


def test_a_stranger_neither_edits_nor_sends():
    adhesion, stranger = opened(), UserFactory()
    for verb in (verbs.send_for_signature, verbs.withdraw_adhesion):
        with pytest.raises(NotPermitted):
            verb(adhesion=adhesion, actor=stranger)
    with pytest.raises(NotPermitted):
        verbs.edit_adhesion(adhesion=adhesion, actor=stranger, values={"mission": "x"})
    adhesion.refresh_from_db()
    assert (adhesion.state, adhesion.mission) == ("draft", "Suivi du trait de côte.")


def test_editing_makes_older_pages_stale():
    adhesion = opened()
    seen = adhesion.version
    verbs.edit_adhesion(adhesion=adhesion, actor=adhesion.referent, values={"mission": " Dunes. "})
    assert adhesion.mission == "Dunes."
    with pytest.raises(StaleVersion):
        verbs.edit_adhesion(adhesion=adhesion, actor=adhesion.referent, values={"mission": "x"}, expected_version=seen)


def test_what_was_signed_stays_fixed_when_changes_are_requested():
    load = signed_adhesion
    from licensing.services.load_licences import load_licences

    load_licences()
    adhesion = load(UserFactory(), "Institut", 21, "french_institutional")
    dora = ModeratorFactory()
    with pytest.raises(IllegalTransition):
        verbs.edit_adhesion(adhesion=adhesion, actor=adhesion.referent, values={"mission": "x"})
    verbs.claim_adhesion(adhesion=adhesion, actor=dora)
    verbs.request_changes(
        adhesion=adhesion, actor=dora, reason=Reason("other", "Précisez."), expected_version=adhesion.version
    )
    referent = adhesion.referent
    with pytest.raises(IllegalTransition):
        verbs.edit_adhesion(adhesion=adhesion, actor=referent, values={"legal_representative_email": "x@example.org"})
    verbs.edit_adhesion(adhesion=adhesion, actor=referent, values={"mission": "Plus précis."})
    assert verbs.resubmit_adhesion(adhesion=adhesion, actor=referent).state == "in_review"


def test_a_recalled_form_kills_its_link():
    from licensing.services.load_licences import load_licences

    load_licences()
    adhesion = opened()
    verbs.send_for_signature(adhesion=adhesion, actor=adhesion.referent)
    link = SigningLink.objects.get()
    verbs.recall_adhesion(adhesion=adhesion, actor=adhesion.referent)
    link.refresh_from_db()
    assert link.revoked_at is not None
    with pytest.raises(IllegalTransition):
        verbs.request_signing_code(link=link)
    verbs.send_for_signature(adhesion=adhesion, actor=adhesion.referent)
    assert sign(adhesion).state == "submitted"


def test_a_stranger_has_no_link_sent_again():
    from licensing.services.load_licences import load_licences

    load_licences()
    adhesion = opened()
    verbs.send_for_signature(adhesion=adhesion, actor=adhesion.referent)
    for person in (UserFactory(), ModeratorFactory()):
        with pytest.raises(NotPermitted):
            verbs.reissue_link(adhesion=adhesion, actor=person)
    assert SigningLink.objects.get().revoked_at is None
    assert sign(adhesion).state == "submitted"


def test_a_second_adhesion_of_an_admitted_organisation_is_saved_when_its_identity_stays():
    first = approved_adhesion()
    active_membership(first.referent, first.organisation, role="referent")
    second = verbs.open_adhesion(referent=first.referent, organisation=first.organisation, eligibility_class="private")
    data = verbs.OrganisationData(
        **{field.name: getattr(first.organisation, field.name) for field in fields(verbs.OrganisationData)}
    )
    verbs.edit_adhesion(adhesion=second, actor=first.referent, values={"organisation": data, "mission": "Digues."})
    assert second.mission == "Digues."
    with pytest.raises(NotPermitted):
        verbs.edit_adhesion(adhesion=second, actor=first.referent, values={"organisation": replace(data, name="Autre")})
