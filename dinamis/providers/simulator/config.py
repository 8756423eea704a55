# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the simulator reads from its environment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEMO_KEY = "simulator-demo-key"


@dataclass(frozen=True)
class Config:
    """``speed``: simulated seconds per second (3600 = an hour per second, the default: an archive order takes 8 s).
    ``public_url``: prefix of the links in answers. ``max_pixels``: longest side of a delivered panchromatic image."""

    state: Path
    speed: float = 3600.0
    public_url: str = "http://simulator"
    api_keys: tuple[str, ...] = (DEMO_KEY,)
    max_pixels: int = 1024

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Config:
        """Read ``SIMULATOR_STATE``, ``_SPEED``, ``_PUBLIC_URL``, ``_API_KEYS`` (comma separated), ``_MAX_PIXELS``."""
        state = Path(env.get("SIMULATOR_STATE") or Path(tempfile.gettempdir()) / f"dinamis-simulator-{os.getuid()}")
        keys = tuple(key.strip() for key in env.get("SIMULATOR_API_KEYS", DEMO_KEY).split(",") if key.strip())
        return cls(
            state=state,
            speed=float(env.get("SIMULATOR_SPEED", "3600")),
            public_url=env.get("SIMULATOR_PUBLIC_URL", "http://simulator").rstrip("/"),
            api_keys=keys,
            max_pixels=int(env.get("SIMULATOR_MAX_PIXELS", "1024")),
        )
