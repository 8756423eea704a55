# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office's page: stale decisions, preconditions, the three steps of a revocation, the letter of a decision."""

import pytest

from dinamis.core import clock
from dinamis.core.actors import Reason
from licensing.models import Decision, Remark, Revocation
from licensing.services import adhesion as verbs
from licensing.services.load_licences import load_licences
from tests.cast import REASON, admit, foreign_adhesion, signed_adhesion
from tests.factories.accounts import ModeratorFactory, UserFactory, active_membership

pytestmark = pytest.mark.django_db
NO = {"code": "not_eligible", "words": "Ce n’est pas un organisme public."}


@pytest.fixture
def dora():
    return ModeratorFactory(name="Dora Office")


@pytest.fixture
def adhesion(dora):
    load_licences()
    filed = signed_adhesion(UserFactory(), "Institut des rivages", 65, "french_institutional")
    verbs.claim_adhesion(adhesion=filed, actor=dora)
    return filed


def post(client, user, path, **data):
    headers = data.pop("headers", {})
    client.force_login(user)
    return client.post(path, data, headers=headers)


def test_a_stale_decision_is_a_conflict_that_names_who_came_first(client, adhesion, dora):
    path, read = f"/office/adhesions/{adhesion.pk}/refuse/", adhesion.version
    assert post(client, dora, path, version=read, **NO).status_code == 302
    answer = post(client, ModeratorFactory(), path, version=read, **NO)
    assert answer.status_code == 409
    assert "Dora Office" in answer.content.decode()
    assert post(client, dora, path, version=read, **NO).status_code == 409
    assert Decision.objects.count() == 1


def test_a_precondition_fails_only_where_it_was_sent(client, adhesion, dora):
    path, read = f"/office/adhesions/{adhesion.pk}/refuse/", adhesion.version
    stale = post(client, dora, path, version=read, headers={"If-Match": f'"{read - 1}"'}, **NO)
    assert (stale.status_code, Decision.objects.count()) == (412, 0)
    assert post(client, dora, path, version=read - 1, **NO).status_code == 409
    fresh = post(client, dora, path, version=read, headers={"If-Match": f'"{read}"'}, **NO)
    assert (fresh.status_code, Decision.objects.count()) == (302, 1)


def test_what_is_missing_comes_back_on_the_form(client, adhesion, dora):
    answer = post(client, dora, f"/office/adhesions/{adhesion.pk}/refuse/", version=adhesion.version, code="", words="")
    assert (answer.status_code, Decision.objects.count()) == (422, 0)


def test_a_decision_that_is_not_possible_any_more_is_a_conflict(client, adhesion, dora):
    verbs.withdraw_adhesion(adhesion=adhesion, actor=adhesion.referent)
    answer = post(client, dora, f"/office/adhesions/{adhesion.pk}/refuse/", version=adhesion.version, **NO)
    assert (answer.status_code, Decision.objects.count()) == (409, 0)
    assert f'href="/office/adhesions/{adhesion.pk}/"' in answer.content.decode()


def test_an_approval_without_the_opinions_it_needs_leads_back_to_the_file(client, dora):
    load_licences()
    filed = foreign_adhesion(UserFactory())
    verbs.claim_adhesion(adhesion=filed, actor=dora)
    file = f"/office/adhesions/{filed.pk}/"
    given = {"code": REASON.code, "words": REASON.words}
    answer = post(client, dora, f"{file}approve/", version=filed.version, **given)
    assert (answer.status_code, Decision.objects.count()) == (409, 0)
    assert f'href="{file}"' in answer.content.decode()


def test_I14_the_organisation_reads_reason_and_recourse(client, adhesion, dora, settings):
    post(client, dora, f"/office/adhesions/{adhesion.pk}/refuse/", version=adhesion.version, **NO)
    decision = Decision.objects.get()
    client.force_login(adhesion.referent)
    recourse = settings.DINAMIS["RECOURSE"]["fr"]
    for path in (f"/adhesions/{adhesion.pk}/", f"/decisions/{decision.pk}/"):
        page = client.get(path).content.decode()
        assert NO["words"] in page
        assert recourse in page
    assert client.get(f"/decisions/{decision.pk}/decision.pdf").status_code == 404
    client.force_login(UserFactory())
    assert client.get(f"/decisions/{decision.pk}/").status_code == 404


def test_a_moderator_who_has_a_part_reads_a_suspended_file_and_is_offered_nothing(client, adhesion, dora):
    admit(adhesion, dora)
    adhesion.refresh_from_db()
    inquiry = Reason("inquiry", "Vérification.")
    verbs.suspend_adhesion(adhesion=adhesion, actor=dora, reason=inquiry, expected_version=adhesion.version)
    Remark.objects.create(adhesion=adhesion, author=dora, words="À vérifier.")
    member = ModeratorFactory()
    active_membership(member, adhesion.organisation)
    for moderator, names in ((ModeratorFactory(), ["suspend", "resume"]), (member, [])):
        client.force_login(moderator)
        page = client.get(f"/office/adhesions/{adhesion.pk}/")
        assert [one["name"] for one in page.context["forms"]] == names
        assert page.context["may_decide"] is bool(names)
        assert [remark.words for remark in page.context["remarks"]] == (["À vérifier."] if names else [])
        for form in ("remark_form", "message_form"):
            assert (page.context[form] is not None) is bool(names)


def test_a_revocation_by_its_three_steps(client, adhesion, dora):
    admit(adhesion, dora)
    reproach = {"code": "breach", "words": "Images revendues."}
    desk = f"/office/adhesions/{adhesion.pk}/"
    adhesion.refresh_from_db()
    post(client, dora, f"{desk}notice/", version=adhesion.version, **reproach)
    notice = Revocation.objects.get()
    assert "Images revendues." in client.get(desk).content.decode()
    answer = f"/revocations/{notice.pk}/answer/"
    assert post(client, UserFactory(), answer, words="Non.").status_code == 404
    assert post(client, dora, answer, words="Non.").status_code == 404
    assert post(client, adhesion.referent, answer, words="Nous les avons retirées.").status_code == 302
    assert "Nous les avons retirées." in client.get(f"/adhesions/{adhesion.pk}/").content.decode()
    adhesion.refresh_from_db()
    stale = post(client, dora, f"/office/revocations/{notice.pk}/revoke/", version=adhesion.version - 1, **reproach)
    assert stale.status_code == 409
    post(client, dora, f"/office/revocations/{notice.pk}/revoke/", version=adhesion.version, **reproach)
    adhesion.refresh_from_db()
    assert adhesion.state == "revoked"


def test_a_revocation_is_dropped_with_words(client, adhesion, dora):
    admit(adhesion, dora)
    adhesion.refresh_from_db()
    post(
        client,
        dora,
        f"/office/adhesions/{adhesion.pk}/notice/",
        version=adhesion.version,
        code="breach",
        words="Images revendues.",
    )
    notice = Revocation.objects.get()
    with clock.at(notice.due_at):
        post(client, dora, f"/office/revocations/{notice.pk}/drop/", words="")
        assert Revocation.objects.get().state == "noticed"
        post(client, dora, f"/office/revocations/{notice.pk}/drop/", words="Explications reçues.")
    assert Revocation.objects.get().state == "dropped"
