# SPDX-License-Identifier: AGPL-3.0-or-later

from django.urls import include, path

from licensing.web import adhesions, certificates, projects, representative, right, rights, signing
from licensing.web.office_urls import ROUTES

app_name = "licensing"

FILING = ("adopt", "send", "reissue", "recall", "resubmit", "withdraw", "terminate")

urlpatterns = [
    path("rights/", rights.rights, name="rights"),
    path("rights/signatures/", rights.signatures, name="signatures"),
    path("rights/signatures/<int:pk>/withdraw/", rights.signature_withdraw, name="signature_withdraw"),
    path("rights/signatures/<int:pk>/signed.pdf", rights.signature_pdf, name="signature_pdf"),
    path("rights/<int:pk>/", right.right, name="right"),
    path("licences/<int:licence_id>/sign/", rights.sign, name="sign"),
    path("licences/texts/<int:version_id>/", rights.text, name="text"),
    path("projects/", projects.project_list, name="projects"),
    path("projects/new/", projects.project_new, name="project_new"),
    path("projects/<int:pk>/", projects.project, name="project"),
    path("projects/<int:pk>/edit/", projects.project_edit, name="project_edit"),
    path("projects/<int:pk>/end/", projects.project_end, name="project_end"),
    path("adhesions/", adhesions.adhesions, name="adhesions"),
    path("adhesions/new/", adhesions.adhesion_new, name="adhesion_new"),
    path("adhesions/<int:pk>/", adhesions.adhesion, name="adhesion"),
    path("adhesions/<int:pk>/edit/", adhesions.adhesion_edit, name="adhesion_edit"),
    path("adhesions/<int:pk>/preview/", adhesions.adhesion_preview, name="adhesion_preview"),
    *(
        path(f"adhesions/<int:pk>/{verb}/", adhesions.adhesion_act, {"verb": verb}, name=f"adhesion_{verb}")
        for verb in FILING
    ),
    path("adhesions/<int:pk>/renew/", adhesions.adhesion_renew, name="adhesion_renew"),
    path("adhesions/<int:pk>/documents/", adhesions.evidence_add, name="evidence_add"),
    path("documents/<int:pk>/", adhesions.evidence_file, name="evidence_file"),
    path("documents/<int:pk>/remove/", adhesions.evidence_remove, name="evidence_remove"),
    path("signature/done/", signing.signing_done, name="signing_done"),
    path("signature/<str:token>/", signing.signing, name="signing"),
    path("signature/<str:token>/code/", signing.signing_code, name="signing_code"),
    path("signature/<str:token>/correct/", representative.correct, name="signing_correct"),
    path("signature/<str:token>/other-person/", representative.other_person, name="signing_other"),
    path("signature/<str:token>/decline/", signing.signing_decline, name="signing_decline"),
    path("", include("licensing.web.licence_urls")),
    *ROUTES,
    path("certificates/<str:number>/", certificates.certificate, name="certificate"),
    path("certificates/<str:number>/certificate.pdf", certificates.certificate_pdf, name="certificate_pdf"),
]
