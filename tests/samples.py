# SPDX-License-Identifier: AGPL-3.0-or-later
"""Samples that are not ours to publish: reached through one variable, skipped by name when absent."""

import os
from pathlib import Path

import pytest

VARIABLE = "DINAMIS_SAMPLES"
CHECKOUT = Path(__file__).resolve().parent.parent


def samples_root() -> Path:
    """The folder of the samples: ``$DINAMIS_SAMPLES``, or ``shared`` beside the checkout."""
    return Path(os.environ.get(VARIABLE) or CHECKOUT.parent / "shared")


def sample(relative: str) -> Path:
    """The path of a sample such as ``data/dimap/…XML``; skips the test, naming the variable, when it is absent."""
    path = samples_root() / relative
    if not path.exists():
        pytest.skip(f"the sample {relative} is absent: set {VARIABLE} to the folder that holds it")
    return path
