# SPDX-License-Identifier: AGPL-3.0-or-later

from django.urls import path

from licensing.web import affiliations, invitations, organisation, referents, representatives

app_name = "accounts"

VERBS = ("activate", "decline", "remove", "leave", "step_down")
ANSWERS = ("accept", "decline", "withdraw")

urlpatterns = [
    path("organisation/", organisation.organisation, name="organisation"),
    path("organisation/join/", organisation.join, name="join"),
    path("organisation/<int:pk>/invitations/", invitations.invitations, name="invitations"),
    path("organisation/<int:pk>/invitations/file/", invitations.from_file, name="invitations_file"),
    path("organisation/invitations/<int:pk>/again/", invitations.act_on, {"verb": "again"}, name="invitation_again"),
    path(
        "organisation/invitations/<int:pk>/withdraw/",
        invitations.act_on,
        {"verb": "withdraw"},
        name="invitation_withdraw",
    ),
    path("invitation/<str:token>/", invitations.invitation, name="invitation"),
    path("invitation/<str:token>/decline/", invitations.decline, name="invitation_decline"),
    path("organisation/<int:pk>/affiliations/", affiliations.affiliations, name="affiliations"),
    path("organisation/affiliations/<int:pk>/end/", affiliations.affiliation_end, name="affiliation_end"),
    path("organisation/<int:pk>/referents/", referents.referents, name="referents"),
    path("organisation/<int:pk>/representative/", representatives.representative, name="representative"),
    path("organisation/nominations/<int:pk>/", referents.nomination, name="nomination"),
    *(
        path(
            f"organisation/nominations/<int:pk>/{verb}/",
            referents.nomination_act,
            {"verb": verb},
            name=f"nomination_{verb}",
        )
        for verb in ANSWERS
    ),
    *(
        path(
            f"organisation/members/<int:pk>/{verb}/", organisation.membership_act, {"verb": verb}, name=f"member_{verb}"
        )
        for verb in VERBS
    ),
]
