# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one error that handling delivered files raises."""


class ImageryError(ValueError):
    """A file that is refused: ``file`` names it (for an archive, ``archive: member``), ``reason`` says why.

    ``code`` is a stable word: ``unsafe_name``, ``bomb``, ``too_large``, ``bad_archive``, ``no_space``,
    ``exists``, ``unreadable``, ``truncated``, ``mismatch``.
    """

    def __init__(self, file: str, reason: str, code: str = "unreadable") -> None:
        super().__init__(file, reason, code)
        self.file = file
        self.reason = reason
        self.code = code

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"
