# SPDX-License-Identifier: AGPL-3.0-or-later
"""RFC 3161 tokens: asked of the authority of `TSA_URL`, believed only when they verify against `TSA_ROOTS`."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from django.conf import settings
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError

HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
LARGEST_ANSWER = 2**20


class NoToken(Exception):
    """The authority gave no token that verifies."""


@dataclass(frozen=True)
class Token:
    """The response (DER) and the moment the authority states."""

    der: bytes
    generated_at: datetime


def ask(message: bytes) -> Token:
    """Return a verified token over `message`. Raises NoToken."""
    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    try:
        answer = httpx.post(settings.TSA_URL, content=request.as_bytes(), headers=HEADERS, timeout=20)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise NoToken(str(error)) from error
    if len(answer.content) > LARGEST_ANSWER:
        raise NoToken("the answer is too large to be a time stamp")
    return verify(answer.content, message, nonce=request.nonce)


def verify(der: bytes, message: bytes, *, nonce: int | None = None) -> Token:
    """Return what the response `der` states about `message`. Raises NoToken when it does not verify."""
    builder = VerifierBuilder() if nonce is None else VerifierBuilder(nonce=nonce)
    for root in _roots():
        builder = builder.add_root_certificate(root)
    try:
        response: Any = decode_timestamp_response(der)
        builder.build().verify_message(response, message)
    except (ValueError, VerificationError) as error:
        raise NoToken(str(error)) from error
    return Token(der, response.tst_info.gen_time)


def _roots() -> list[x509.Certificate]:
    if not settings.TSA_ROOTS:
        raise NoToken("TSA_ROOTS names no file of certificates")
    try:
        return x509.load_pem_x509_certificates(Path(settings.TSA_ROOTS).read_bytes())
    except (OSError, ValueError) as error:
        raise NoToken(f"TSA_ROOTS: {error}") from error
