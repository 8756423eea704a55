# SPDX-License-Identifier: AGPL-3.0-or-later
"""The addresses of the office's pages about adhesions, and of what the organisation reads and answers there."""

from django.urls import path

from licensing.web import (
    blocks,
    conversation,
    decisions,
    desk,
    ending,
    opinions,
    representatives,
    restricted,
    review,
    revocation,
)

ROUTES = [
    path("office/adhesions/", desk.desk, name="desk"),
    path("office/adhesions/<int:pk>/", review.review, name="review"),
    path("office/adhesions/<int:pk>/claim/", review.claim, name="review_claim"),
    *(
        path(f"office/adhesions/<int:pk>/{name}/", review.decide, {"name": name}, name=f"review_{name}")
        for name in review.VERDICTS
    ),
    path("office/adhesions/<int:pk>/notice/", revocation.notice, name="revocation_notice"),
    path("office/revocations/<int:pk>/revoke/", revocation.confirm, name="revocation_confirm"),
    path("office/revocations/<int:pk>/drop/", revocation.drop, name="revocation_drop"),
    path("revocations/<int:pk>/answer/", revocation.answer, name="revocation_answer"),
    path("office/entitlements/<int:pk>/suspend/", review.entitlement_suspend, name="entitlement_suspend"),
    path("office/suspensions/<int:pk>/lift/", review.suspension_lift, name="suspension_lift"),
    path("office/blocks/", blocks.block_list, name="blocks"),
    path("office/blocks/new/", blocks.block_new, name="block_new"),
    path("office/blocks/<int:pk>/lift/", blocks.block_lift, name="block_lift"),
    path("office/adhesions/<int:pk>/remarks/", conversation.remark, name="remark"),
    path("adhesions/<int:pk>/messages/", conversation.message, name="message"),
    path("changes/<int:pk>/answer/", conversation.change_answer, name="change_answer"),
    path("office/adhesions/<int:pk>/opinions/", opinions.ask, name="opinion_ask"),
    path("office/opinions/<int:pk>/withdraw/", opinions.withdraw, name="opinion_withdraw"),
    path("office/organisations/restricted/", restricted.restricted, name="office_restricted"),
    path("office/organisations/<int:pk>/referents/", restricted.office_referents, name="office_referents"),
    path("office/organisations/<int:pk>/end/", ending.organisation_end, name="organisation_end"),
    path(
        "office/organisations/<int:pk>/representative/",
        representatives.office_representative,
        name="office_representative",
    ),
    *(
        path(
            f"representatives/<int:pk>/{verb}/",
            representatives.change_act,
            {"verb": verb},
            name=f"representative_{verb}",
        )
        for verb in representatives.ACTS
    ),
    *(
        path(
            f"office/representatives/<int:pk>/{verb}/",
            representatives.change_decide,
            {"verb": verb},
            name=f"representative_{verb}",
        )
        for verb in representatives.DECISIONS
    ),
    path("office/ends/<int:pk>/cancel/", ending.end_cancel, name="organisation_end_cancel"),
    path("office/members/<int:pk>/end/", restricted.member_end, name="office_member_end"),
    path("opinions/", opinions.opinions, name="opinions"),
    path("opinions/<int:pk>/", opinions.opinion, name="opinion"),
    path("decisions/<int:pk>/", decisions.decision, name="decision"),
    path("decisions/<int:pk>/decision.pdf", decisions.decision_pdf, name="decision_pdf"),
]
