# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import translation

from dinamis.core import clock
from dinamis.core.templatetags import ui


def render(source, **context):
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("area_m2", "written"),
    [
        (412_000_000, "412\u00a0km²"),
        (1_312_400_000, "1\u00a0312\u00a0km²"),
        (25_040_000, "25,0\u00a0km²"),
        (184_000, "0,18\u00a0km²"),
        (0, "0\u00a0km²"),
        (-166_000_000, "\u2212166\u00a0km²"),
        (None, "—"),
    ],
)
def test_an_area_is_written_in_square_kilometres(area_m2, written):
    assert ui.km2(area_m2) == written


@pytest.mark.parametrize(
    ("cents", "french", "english"),
    [
        (247_900, "2\u00a0479\u00a0€", "€2,479"),
        (1_050, "10,50\u00a0€", "€10.50"),
        (0, "0\u00a0€", "€0"),
        (-21_389, "\u2212213,89\u00a0€", "\u2212€213.89"),
        (None, "—", "—"),
    ],
)
def test_an_amount_is_written_as_each_language_asks(cents, french, english):
    assert ui.euros(cents) == french
    with translation.override("en"):
        assert ui.euros(cents) == english


def test_a_share_has_its_space_in_french_only():
    assert ui.percent(82.5) == "83\u00a0%"
    with translation.override("en"):
        assert ui.percent(82.5) == "83%"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2025, 6, 14, 10, 12, tzinfo=UTC), "14\u00a0juin 2025"),
        (datetime(2025, 3, 1, 12, 0, tzinfo=UTC), "1er\u00a0mars 2025"),
        (datetime(2025, 12, 31, 23, 30, tzinfo=UTC), "1er\u00a0janvier 2026"),
    ],
)
def test_a_day_is_in_words_and_in_paris(moment, words):
    assert ui.date_words(moment) == words


def test_the_tag_prints_a_time_element():
    page = render("{% datetime_words when %}", when=datetime(2025, 6, 14, 10, 12, tzinfo=UTC))
    assert page == '<time datetime="2025-06-14T10:12:00+00:00">14\u00a0juin 2025, 12:12</time>'


@pytest.mark.parametrize(
    ("elapsed", "written"),
    [
        (timedelta(minutes=3), "3\u00a0min"),
        (timedelta(hours=5), "5\u00a0h"),
        (timedelta(days=32), "32\u00a0j"),
        (timedelta(minutes=-5), "0\u00a0min"),
    ],
)
def test_an_age_is_in_its_largest_unit(elapsed, written):
    moment = clock.now() - elapsed - timedelta(seconds=1 if elapsed > timedelta() else 0)
    assert ui.age(moment) == written


def test_parts_of_a_bar_follow_each_other_without_the_empty_ones():
    parts = ui.segments([("held", "a", 61), ("order", "b", 0), ("none", "c", 39)])
    assert [(part.name, part.x, part.width, part.end) for part in parts] == [
        ("held", "0.00%", "61.00%", "61.00%"),
        ("none", "61.00%", "39.00%", "100.00%"),
    ]


def test_an_envelope_beyond_its_total_still_fits_the_bar():
    assert 'x="0.00%" width="75.00%"' in render("{% gauge 90 30 100 %}")


class OneOfEach(forms.Form):
    name = forms.CharField(label="Nom", help_text="Aide")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    kinds = forms.MultipleChoiceField(label="Genres", choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)
    agreed = forms.BooleanField(label="J’accepte.")


def test_a_field_is_tied_to_its_help_and_its_error():
    page = render("{% field form.name %}", form=OneOfEach({}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_helptext"' in page
    assert 'id="id_name_error"' in page
    assert 'aria-invalid="true"' in page


def test_only_an_optional_field_says_so():
    page = render("{% fields form %}", form=OneOfEach())
    assert page.count('class="optional"') == 1
    assert "<legend>Genres" in page
    assert "checked" not in page


def test_the_summary_of_errors_leads_to_each_field():
    page = render("{% error_summary form %}", form=OneOfEach({"name": "x"}))
    assert 'href="#id_kinds"' in page
    assert 'href="#id_agreed"' in page
    assert 'href="#id_name"' not in page
    assert "accepte. :" not in page
    assert render("{% error_summary form %}", form=OneOfEach()).strip() == ""


@pytest.mark.parametrize(
    ("shown_without", "said"), [(True, "Un filtre n’est pas pris en compte"), (False, "Rien n’a été envoyé")]
)
def test_a_search_is_shown_without_what_is_wrong_and_says_so(shown_without, said):
    form = type("Form", (forms.Form,), {"cloud": forms.IntegerField()})({"cloud": "many"})
    with translation.override("fr"):
        summary = render_to_string("components/error_summary.html", ui.error_summary(form, shown_without=shown_without))
    assert said in summary
