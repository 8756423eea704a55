# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a refusal says behind a button: field, reason, repair, and everything that is missing."""

from django import forms
from django.utils import translation

from dinamis.core.exceptions import IllegalTransition, Invalid, NotEntitled, SeveralInvalid
from dinamis.core.refusals import lines_of, lines_of_form


class Asked(forms.Form):
    months = forms.IntegerField(label="Months", max_value=12)

    def clean(self):
        raise forms.ValidationError("Nothing fits.")


def said(error):
    with translation.override("en"):
        return lines_of(error)


def test_field_reason_and_repair():
    wrong = Invalid("The note says nothing.", pointer="words", repair="Write what is corrected.")
    assert said(wrong) == ["Words: The note says nothing. Write what is corrected."]
    assert said(wrong.at("options/words")) == said(wrong)
    assert said(Invalid("No.", pointer="x_y")) == ["No."]


def test_each_of_several_and_all_that_is_missing():
    several = SeveralInvalid([Invalid("A.", pointer="members"), Invalid("B.", repair="Do C.")])
    assert said(several) == ["Members: A.", "B. Do C."]
    missing = [{"code": "a", "detail": "Sign the licence.", "repair": "/x"}]
    assert said(NotEntitled("Something is missing.", missing=missing)) == ["Something is missing.", "Sign the licence."]
    assert said(IllegalTransition("It is over.")) == ["It is over."]


def test_a_form_whose_page_does_not_show_it():
    with translation.override("en"):
        first, second = lines_of_form(Asked({"months": "13"}))
    assert (first.startswith("Months: "), second) == (True, "Nothing fits.")


def test_an_empty_field_says_what_repairs_it():
    form = forms.Form({})
    form.fields = {"name": forms.CharField(label="Nom"), "kind": forms.ChoiceField(label="Sorte", choices=[("a", "A")])}
    assert {words for wrong in form.errors.values() for words in wrong} == {
        "Ce champ est obligatoire\u00a0: remplissez-le, ou faites un choix."
    }
