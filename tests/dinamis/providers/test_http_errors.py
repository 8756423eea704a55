# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which answers of a provider end an order, and after which it is asked again."""

import httpx
import pytest

from dinamis.providers.http_errors import error_from


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_an_answer_that_says_later_is_asked_again(status: int) -> None:
    assert not error_from(httpx.Response(status)).permanent


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_an_answer_that_says_no_is_not(status: int) -> None:
    assert error_from(httpx.Response(status)).permanent
