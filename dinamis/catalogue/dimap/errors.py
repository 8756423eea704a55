# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one error a DIMAP reading raises."""


class DimapError(ValueError):
    """A DIMAP document or delivery that cannot become a catalogue item.

    ``file`` is the name of the document, ``element`` an XPath-like place in it (or a member of the
    delivery), ``reason`` what is wrong there, ``repair`` what somebody can do about it and ``code``
    a stable word for callers that translate or count: ``not_xml``, ``wrong_root``, ``too_large``,
    ``missing``, ``not_a_number``, ``out_of_range``, ``bad_date``, ``bad_ring``, ``unsafe_path``,
    ``bad_archive``, ``not_dimap``.
    """

    def __init__(self, file: str, element: str, reason: str, repair: str, code: str = "not_dimap") -> None:
        # All parts go to BaseException so that a pickled copy (task queues) keeps them.
        super().__init__(file, element, reason, repair, code)
        self.file = file
        self.element = element
        self.reason = reason
        self.repair = repair
        self.code = code

    def __str__(self) -> str:
        place = f"{self.file}: {self.element}" if self.element else self.file
        return f"{place}: {self.reason}. {self.repair}"
