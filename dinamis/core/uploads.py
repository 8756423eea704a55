# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cuts a body that is too large while it arrives: nothing beyond the limit is read, nothing of it is kept."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

CUT = "dinamis.upload_cut"


class LimitedUploadHandler(FileUploadHandler):
    """Stands first in FILE_UPLOAD_HANDLERS and counts the bytes of all files of a request.

    Beyond `UPLOAD_MAX_BYTES` reading stops and the request says so: see `was_cut`. What came before stays readable, so
    that the page can answer beside the field.
    """

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.count = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass the piece on, or stop."""
        self.count += len(raw_data)
        if self.count > settings.DINAMIS["UPLOAD_MAX_BYTES"]:
            if self.request is not None:
                self.request.META[CUT] = True
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the next handler."""


def was_cut(request: HttpRequest) -> bool:
    """Tell whether a file of this request was larger than what is read."""
    return bool(request.META.get(CUT, False))
