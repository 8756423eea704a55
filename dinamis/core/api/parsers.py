# SPDX-License-Identifier: AGPL-3.0-or-later
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class BoundedJSONParser(JSONParser):
    """JSON up to the setting `most` says; DRF itself reads whatever is sent."""

    most = "API_MAX_BYTES"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the parsed body. Raises RequestDataTooBig, ParseError (also for what is nested too deeply)."""
        body = bounded_body(stream, settings.DINAMIS[self.most])
        try:
            return super().parse(BytesIO(body), media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deeply.")) from error


def bounded_body(stream: Any, limit: int) -> bytes:
    """Return what is sent. Raises RequestDataTooBig beyond `limit` bytes, of which no more are read."""
    body: bytes = stream.read(limit + 1)
    if len(body) > limit:
        raise RequestDataTooBig
    return body
