# SPDX-License-Identifier: AGPL-3.0-or-later
"""Values of production options in words: short enough for the select boxes of a phone."""

import pytest
from django.utils import translation

from orders.domain.option_words import VALUES

MOST_LETTERS = 45


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_value_is_read_whole_in_a_select_box_of_a_phone(language):
    with translation.override(language):
        assert not [str(words) for words in VALUES.values() if len(str(words)) > MOST_LETTERS]
