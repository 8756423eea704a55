# SPDX-License-Identifier: AGPL-3.0-or-later
"""No field that may hold personal data without a rule, in any table: ours, Django's, allauth's."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from dinamis.core.personal import End, Register, Rule, may_hold_personal_data, register
from dinamis.core.retention import sweeps

MODELS = apps.get_models(include_auto_created=True)
HOW = (
    "{label}: {fields} may hold personal data and have no rule. Say in {app}/personal.py why they are held, until when"
    " and what happens then (holds), or why they say nothing about people (tells_nothing); then run generate_docs."
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_every_field_has_a_rule(model):
    missing = register.without_rule(model)
    assert not missing, HOW.format(label=model._meta.label, fields=", ".join(missing), app=model._meta.app_label)


def test_no_rule_speaks_of_a_field_that_is_gone():
    assert register.unknown_names() == []


def test_a_field_is_declared_one_way_only():
    for model, rules in register.rules.items():
        held = [name for rule in rules for name in rule.fields]
        assert len(held) == len(set(held)), model
        assert set(held).isdisjoint(register.impersonal.get(model, {})), model


def test_a_new_field_for_words_addresses_or_people_is_asked_about():
    user, trace = apps.get_model("accounts", "User"), apps.get_model("licensing", "AcceptanceTrace")
    nobody_declared = Register()
    assert {"email", "name", "password", "last_login"} <= set(nobody_declared.without_rule(user))
    assert {"ip", "user_agent"} <= set(nobody_declared.without_rule(trace))
    assert "office_role" not in nobody_declared.without_rule(user)


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        (models.TextField(name="note"), True),
        (models.JSONField(name="data"), True),
        (models.FileField(name="scan"), True),
        (models.DateField(name="birth_date"), True),
        (models.BigIntegerField(name="actor_id"), True),
        (models.CharField(name="state", choices=[("a", "a")]), False),
        (models.DateTimeField(name="opened_at"), False),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_types_and_names(field, asked):
    assert may_hold_personal_data(field) is asked


def test_what_belongs_to_a_person_is_found_by_a_lookup_that_exists():
    for model, lookups in register.owners.items():
        assert model in register.rules
        for lookup in lookups:
            str(apps.get_model(model)._base_manager.filter(**{lookup: 1}).query)


def test_every_duration_is_a_setting_and_said_in_words():
    rules = [rule for rules in register.rules.values() for rule in rules] + [rule for _, rule in register.outside]
    for rule in rules:
        assert isinstance(rule, Rule)
        assert rule.until.setting in {"", *settings.DINAMIS}
        assert "%" not in str(rule.until)
        assert isinstance(rule.end, End)


def test_what_ends_with_time_has_its_sweep():
    """The names are those of docs/personal-data.md: a rule that nobody carries out would be a promise broken."""
    assert {sweep.name for sweep in sweeps()} == {
        "addresses of signing links",
        "areas of searches",
        "copies of personal data",
        "documents of closed adhesions",
        "download tickets",
        "ended sign-ins",
        "log of the administration site",
        "names under old signatures",
        "outbox messages",
        "salts of the past",
        "traces of signatures",
        "unused accounts",
        "words of ended memberships",
    }
