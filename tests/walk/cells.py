# SPDX-License-Identifier: AGPL-3.0-or-later
"""What each address needs: arguments, the state things must be in, the form that is sent.

A route without arguments and without a form needs nothing here. Any other gets an entry in CELLS: one ownership cell
(`home` = the institute of Alice, Bob and Rémi; `elsewhere` = an organisation they have no part in; `-` = nobody's) to
a function that brings the world into the state in which the right person succeeds, so that a refusal means something.
The functions stand in a module for each subject beside this one.
"""

from collections.abc import Callable
from typing import Any

from dinamis.core import clock
from dinamis.demo.models import SentMail
from tests.factories.accounts import PASSWORD, siret
from tests.walk.adhesions import (
    awaiting,
    by_link,
    corrected,
    declared,
    declaring,
    draft_of,
    ending,
    evidence,
    in_force,
    in_review,
    on_adhesion,
    on_representative,
    sent_back,
    submitted,
    suspended,
    ticked,
    upload,
    verdict,
)
from tests.walk.catalogue import basket, saved_search, stop_link
from tests.walk.identities import (
    affiliation_rule_of,
    affiliations_of,
    declared_end,
    identity_of_alice,
    invitation_of,
    invited_by_link,
    inviting,
    inviting_by_file,
    left_alone,
    membership_of_office,
    named,
    naming,
    organisation_ending,
    second_referent,
)
from tests.walk.orders import (
    api_key,
    asked_erasure,
    copy_of_data,
    decision_on_order,
    edited_order,
    of_organisation,
    on_order,
    on_ticket,
    order_form,
    other_account,
    project_number,
    right_number,
    spoken,
    stale_ticket,
    ticket,
)
from tests.walk.people import (
    TEXTS,
    changed_licence,
    given_signature,
    joining,
    licence_draft,
    membership,
    new_project,
    office_licence,
    on_project_by_program,
    opening_adhesion,
    own_project,
    personal_signature,
    project_by_program,
)
from tests.walk.pictures import drawable
from tests.walk.rights import (
    asked,
    blocked,
    cause,
    certificate,
    change_asked,
    new_block,
    noticed,
    question,
    refused,
    right,
)
from tests.walk.world import ELSEWHERE, HOME, NOBODYS, Case, World

Cells = dict[str, Callable[[World], Case]]


def both(make: Callable[..., Callable[[World], Case]], *args: Any, **options: Any) -> Cells:
    """Both ownership cells of something that takes the cell as its last argument."""
    return {cell: make(*args, cell, **options) for cell in (HOME, ELSEWHERE)}


def nobodys(*args: Any, query: str = "", **data: Any) -> Cells:
    """The only cell of an address that belongs to nobody."""
    return {NOBODYS: lambda w: Case(args, data, query)}


TILE = ("5", "16", "11")
AREA = {"type": "Polygon", "coordinates": [[[3, 43], [4, 43], [4, 44], [3, 43]]]}
CELLS: dict[str, Cells] = {
    "set_language": nobodys(language="en"),
    "account_login": nobodys(login="bob@example.org", password=PASSWORD),
    "account_signup": nobodys(
        email="new@example.org", name="Nina Neuve", password1="regarder-la-terre", password2="regarder-la-terre"
    ),
    "account_email": nobodys(email="second@example.org", action_add="1"),
    "account_confirm_email": nobodys("not-a-key"),
    "account_reset_password": nobodys(email="alice@example.org"),
    "account_reset_password_from_key": nobodys("1", "not-a-key"),
    "account_request_login_code": nobodys(email="alice@example.org"),
    "mfa_edit_webauthn": nobodys(1),
    "mfa_remove_webauthn": nobodys(1),
    "account_change_password": nobodys(
        oldpassword=PASSWORD, password1="regarder-la-terre-2", password2="regarder-la-terre-2"
    ),
    "api:item": {NOBODYS: lambda w: Case((w.asset.item_id,))},
    "api:projects": both(project_by_program),
    "api:project": {cell: of_organisation(cell, project_number) for cell in (HOME, ELSEWHERE)},
    "api:project_end": both(on_project_by_program, words="pour l’essai"),
    "api:project_members": both(on_project_by_program, colleague=True),
    "api:project_member": {
        cell: lambda w, cell=cell: Case((w.projects[cell].pk, w.cast.bob.pk)) for cell in (HOME, ELSEWHERE)
    },
    "api:organisation": {cell: lambda w, cell=cell: Case((w.organisation(cell).pk,)) for cell in (HOME, ELSEWHERE)},
    "api:entitlement": {cell: of_organisation(cell, right_number) for cell in (HOME, ELSEWHERE)},
    "api:decisions": {NOBODYS: lambda w: Case((), {"items": [{"item": w.asset.item_id}]}, json=True)},
    "api:areas": {NOBODYS: lambda w: Case((), AREA, json=True)},
    "api:tickets": {NOBODYS: lambda w: Case((), {"files": [{"item": w.asset.item_id, "key": w.asset.key}]}, json=True)},
    "api:adhesion": on_adhesion(in_force),
    "api:adhesion_claim": spoken(on_adhesion(submitted)),
    "api:adhesion_approve": spoken(on_adhesion(in_review)),
    "api:adhesion_refuse": spoken(on_adhesion(in_review), "unproved"),
    "api:adhesion_request_changes": spoken(on_adhesion(in_review), "unclear_use"),
    "api_keys:create": {
        NOBODYS: lambda w: Case(
            (), {"name": "QGIS", "scopes": ["rights:read"], "expires_on": clock.today().isoformat()}
        )
    },
    "api_keys:rotate": {"of Alice": api_key("person"), "of the institute": api_key("organisation")},
    "api_keys:revoke": {"of Alice": api_key("person"), "of the institute": api_key("organisation")},
    "my_data:download": {"of Alice": copy_of_data},
    "my_data:cancel": {"of Alice": asked_erasure},
    "catalogue:area": nobodys(),
    "catalogue:item": {NOBODYS: lambda w: Case((w.asset.item_id,))},
    "catalogue:item_json": {NOBODYS: lambda w: Case((w.asset.item_id,))},
    "catalogue:quicklook": {NOBODYS: lambda w: Case((w.asset.item_id,))},
    "catalogue:basket_change": {NOBODYS: lambda w: Case((), {"add": w.asset.item_id})},
    "orders:basket_files": {"of Alice": basket},
    "catalogue:save_search": nobodys(query="cloud=10", name="Dunes", alert="weekly"),
    "catalogue:edit_search": {"of Alice": saved_search},
    "catalogue:delete_search": {"of Alice": saved_search},
    "catalogue:stop_alerts": {"with the link": stop_link, "wrong link": lambda w: Case(("1:not-ours",))},
    "catalogue:compare": nobodys("spot"),
    "catalogue:coverage": nobodys("spot", 2024),
    "catalogue:tiles_base": {NOBODYS: lambda w: Case(TILE)},
    "catalogue:tiles_items": {NOBODYS: lambda w: Case(TILE)},
    "catalogue:tiles_cells": {NOBODYS: lambda w: Case(("spot", "2024", *TILE))},
    "previews:tile": {NOBODYS: lambda w: drawable(w, *TILE, "png")},
    "previews:part": {NOBODYS: lambda w: drawable(w, "png")},
    "stac:collection": nobodys("pleiades"),
    "stac:collection_queryables": nobodys("pleiades"),
    "stac:items": nobodys("pleiades", query="limit=2"),
    "stac:bulk_items": nobodys("pleiades"),
    "stac:item": {NOBODYS: lambda w: Case(("pleiades", w.asset.item.stac_id))},
    "stac:search": {NOBODYS: lambda w: Case((), {"limit": 2}, json=True)},
    "stac:not_found": nobodys("nowhere"),
    "accounts:join": {NOBODYS: joining},
    "accounts:invitations": {cell: inviting(cell) for cell in (HOME, ELSEWHERE)},
    "accounts:invitations_file": {cell: inviting_by_file(cell) for cell in (HOME, ELSEWHERE)},
    "accounts:invitation_again": {cell: invitation_of(cell) for cell in (HOME, ELSEWHERE)},
    "accounts:invitation_withdraw": {cell: invitation_of(cell) for cell in (HOME, ELSEWHERE)},
    "accounts:invitation": {"with the link": invited_by_link, "wrong link": lambda w: Case(("not-a-token",))},
    "accounts:invitation_decline": {"with the link": invited_by_link, "wrong link": lambda w: Case(("not-a-token",))},
    "identity_begin": {NOBODYS: lambda w: Case(("institution",))},
    "openid_connect_callback": {NOBODYS: lambda w: Case(("institution",))},
    "identity_unlink": {NOBODYS: identity_of_alice},
    "accounts:affiliations": {cell: affiliations_of(cell) for cell in (HOME, ELSEWHERE)},
    "accounts:affiliation_end": {cell: affiliation_rule_of(cell) for cell in (HOME, ELSEWHERE)},
    "accounts:member_activate": both(membership, "requested"),
    "accounts:member_decline": both(membership, "requested"),
    "accounts:member_remove": both(membership, "active"),
    "accounts:member_leave": both(membership, "active"),
    "licensing:right": both(right),
    "licensing:block_new": both(new_block),
    "licensing:block_lift": both(blocked),
    "accounts:member_step_down": both(second_referent),
    "accounts:referents": both(naming),
    "accounts:nomination": both(named),
    "accounts:nomination_accept": both(named),
    "accounts:nomination_decline": both(named),
    "accounts:nomination_withdraw": both(named),
    "licensing:office_referents": both(left_alone),
    "licensing:organisation_end": both(organisation_ending),
    "licensing:organisation_end_cancel": both(declared_end),
    "accounts:representative": on_representative(declaring),
    "licensing:office_representative": on_representative(declaring, alone=True),
    "licensing:representative_withdraw": on_representative(declared),
    "licensing:representative_again": on_representative(declared),
    "licensing:representative_confirm": on_representative(declared, signed=True, code="proved", words="essai"),
    "licensing:representative_refuse": on_representative(declared, signed=True, code="unproved", words="essai"),
    "licensing:office_member_end": both(membership_of_office),
    "licensing:sign": {NOBODYS: personal_signature},
    "licensing:signature_withdraw": {HOME: given_signature},
    "licensing:signature_pdf": {HOME: given_signature},
    "licensing:project": both(own_project),
    "licensing:project_edit": both(own_project),
    "licensing:project_end": both(own_project),
    "licensing:office_licence": {NOBODYS: office_licence},
    "licensing:office_licence_settings": {NOBODYS: changed_licence},
    "licensing:office_draft_new": {NOBODYS: lambda w: office_licence(w, **TEXTS)},
    "licensing:office_draft": {NOBODYS: lambda w: licence_draft(w, **TEXTS)},
    "licensing:office_version": {NOBODYS: lambda w: licence_draft(w, version="0", confirm="on")},
    "licensing:text": {NOBODYS: lambda w: Case((w.cast.licences["charter"].versions.get().pk,))},
    "licensing:project_new": {HOME: new_project},
    "licensing:adhesion_new": {NOBODYS: opening_adhesion},
    "licensing:adhesion": on_adhesion(in_force),
    "licensing:adhesion_edit": on_adhesion(draft_of, name="Institut", country="FR", siret=siret(1), mission="autre"),
    "licensing:adhesion_preview": on_adhesion(draft_of),
    "licensing:adhesion_adopt": on_adhesion(draft_of),
    "licensing:adhesion_send": on_adhesion(draft_of, language="fr"),
    "licensing:adhesion_reissue": on_adhesion(awaiting, language="fr"),
    "licensing:adhesion_recall": on_adhesion(awaiting),
    "licensing:adhesion_resubmit": on_adhesion(sent_back),
    "licensing:adhesion_withdraw": on_adhesion(submitted),
    "licensing:adhesion_terminate": on_adhesion(in_force),
    "licensing:adhesion_renew": on_adhesion(ending),
    "licensing:evidence_add": both(upload),
    "licensing:evidence_file": both(evidence),
    "licensing:evidence_remove": both(evidence),
    "licensing:signing": by_link(ticked),
    "licensing:signing_code": by_link(lambda link: {"code": "000000"}, read=True),
    "licensing:signing_correct": by_link(corrected),
    "licensing:signing_other": by_link(lambda link: {"name": "Jean Dupont"}),
    "licensing:signing_decline": by_link(lambda link: {"reason": "essai"}),
    "licensing:review": on_adhesion(in_review),
    "licensing:review_claim": on_adhesion(submitted),
    "licensing:review_approve": verdict(in_review, "complete"),
    "licensing:review_request_changes": verdict(in_review, "other"),
    "licensing:review_refuse": verdict(in_review, "not_eligible"),
    "licensing:review_suspend": verdict(in_force, "inquiry"),
    "licensing:review_resume": verdict(suspended, "settled"),
    "licensing:revocation_notice": verdict(in_force, "breach"),
    "licensing:revocation_confirm": both(noticed, answered=True),
    "licensing:revocation_drop": both(noticed, answered=True),
    "licensing:revocation_answer": both(noticed),
    "licensing:decision": both(refused),
    "licensing:decision_pdf": both(refused),
    "licensing:remark": on_adhesion(in_review, words="essai"),
    "licensing:message": on_adhesion(in_review, words="essai"),
    "licensing:change_answer": both(change_asked),
    "licensing:opinion_ask": both(question),
    "licensing:opinion": {"asked of CNES": asked("cnes"), "asked of Airbus DS": asked("airbus")},
    "licensing:opinion_withdraw": {"asked of CNES": asked("cnes"), "asked of Airbus DS": asked("airbus")},
    "licensing:entitlement_suspend": both(right),
    "licensing:suspension_lift": both(cause),
    "licensing:certificate": {**both(certificate), "with the key": certificate(HOME, key=True)},
    "licensing:certificate_pdf": {**both(certificate), "with the key": certificate(HOME, key=True)},
    "orders:gateway": {
        "link of Alice": ticket,
        "her right rests": stale_ticket,
        "unknown link": lambda w: Case(("not-a-token", "image.tif")),
    },
    "orders:coverage_files": nobodys("spot", 2024),
    "orders:download": {NOBODYS: lambda w: Case((w.asset.item_id, w.asset.key))},
    "orders:new": {HOME: lambda w: Case((), order_form(w), query=f"scene={w.scene.pk}")},
    "orders:detail": on_order("submitted"),
    "orders:edit": both(edited_order),
    "orders:submit": on_order("draft"),
    "orders:cancel": on_order("submitted", reason="essai"),
    "orders:review": both(decision_on_order),
    "orders:claim": on_order("submitted"),
    "orders:ticket_resolve": both(on_ticket),
    "demo:mail": {NOBODYS: lambda w: Case((SentMail.objects.get().pk,))},
    "demo:switch": nobodys(login="bob@example.org", password=PASSWORD),
    "admin:app_list": nobodys("licensing"),
    "admin:view_on_site": nobodys(1, 1),
    "admin:login": nobodys(username="admin@dinamis.example", password=PASSWORD),
    "admin:password_change": nobodys(
        old_password=PASSWORD, new_password1="regarder-la-terre-2", new_password2="regarder-la-terre-2"
    ),
    "admin:accounts_user_change": {NOBODYS: other_account},
}
