# SPDX-License-Identifier: AGPL-3.0-or-later
"""Coded reasons: each act has its own, each code has words in both languages."""

import pytest
from django.utils import translation

from dinamis.core.exceptions import Invalid
from orders.reasons import LABELS, SUBJECTS, check_reason, choices, codes, label_of


def test_every_code_of_a_subject_has_words():
    used = {code for subject in SUBJECTS for code in codes(subject)}
    assert used <= set(LABELS)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_names_each_code_once(subject):
    assert len(codes(subject)) == len(set(codes(subject)))
    assert [code for code, _label in choices(subject)] == list(codes(subject))


def test_a_code_is_read_in_both_languages():
    with translation.override("fr"):
        french = label_of("already_held")
    with translation.override("en"):
        assert label_of("already_held") == "images that are held already answer the need" != french


def test_a_forgotten_code_is_shown_as_it_is():
    assert label_of("approved_in_2019") == "approved_in_2019"


def test_another_act_s_code_is_refused():
    with pytest.raises(Invalid) as refused:
        check_reason("cancel", "haze", "brume")
    assert refused.value.pointer == "reason_code"


def test_other_needs_words():
    with pytest.raises(Invalid) as refused:
        check_reason("refuse", "other", "  ")
    assert refused.value.pointer == "words"
    check_reason("refuse", "other", "La zone est militaire.")
    check_reason("refuse", "already_held", "")
