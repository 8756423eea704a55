# SPDX-License-Identifier: AGPL-3.0-or-later
"""SIRET numbers with right check digits, made from numbers so low that no business bears them."""


def invented_siret(number: int) -> str:
    """Return the SIRET of the first establishment of an invented legal entity; `number` is from 1 to 9999."""
    if not 1 <= number <= 9999:
        raise ValueError("an invented SIRET is made from 1 to 9999")
    siren = _completed(f"0000{number:04d}")
    return _completed(f"{siren}0001")


def _completed(digits: str) -> str:
    """Append the Luhn check digit (INSEE, "Identifiant SIRET")."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 if position % 2 else 2)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"
