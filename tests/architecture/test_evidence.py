# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every table of licensing and accounts is tracked by events, or it is written down why not."""

import pytest
from django.apps import apps

from dinamis.core.evidence.tracked import recorder_of

NOT_TRACKED = {
    "accounts.registryentry": "a line of a public register: it fills a form and proves nothing",
    "licensing.remark": "a thought of the office for itself: no right rests on it",
    "licensing.message": "a letter to the applicant: what was decided is in the decision",
    "licensing.decisionletter": "the PDF of a decision: made again from it at any time",
    "licensing.entitlementchange": "a line of the feed, written from facts that are tracked themselves",
    "licensing.acceptancetrace": "address and browser of a signature: erased after a while, so outside the evidence",
}
HOW = (
    "{label} is neither tracked nor listed. Rights may rest on it? Put RecordEvents(digest=…, never=…) into its"
    " Meta.triggers (dinamis/core/triggers.py) and run makemigrations. No right rests on it? Add it to NOT_TRACKED in"
    " tests/architecture/test_evidence.py with the reason."
)
MODELS = [
    model
    for app in ("licensing", "accounts")
    for model in apps.get_app_config(app).get_models(include_auto_created=False)
    if model._meta.managed and not model._meta.proxy
]
SECRETS = ("secret", "token", "code_sha256", "password")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_a_model_is_tracked_or_listed(model):
    label = model._meta.label_lower
    tracked = recorder_of(model) is not None
    assert tracked or label in NOT_TRACKED, HOW.format(label=label)
    assert not (tracked and label in NOT_TRACKED), f"{label} is tracked: take it off NOT_TRACKED"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_no_secret_becomes_a_fact(model):
    recorder = recorder_of(model)
    facts = recorder.columns(model) if recorder else []
    assert [column for column in facts if any(word in column for word in SECRETS)] == []
