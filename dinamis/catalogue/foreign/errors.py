# SPDX-License-Identifier: AGPL-3.0-or-later


class Refused(ValueError):
    """An item that cannot be taken: `member` is where the fault lies ("properties.datetime"), `repair` what to do."""

    def __init__(self, member: str, reason: str, repair: str) -> None:
        super().__init__(f"{member}: {reason}. {repair}")
        self.member, self.reason, self.repair = member, reason, repair

    def __reduce__(self) -> tuple[type["Refused"], tuple[str, str, str]]:
        """Go to another process whole: of itself an exception takes along its message alone."""
        return type(self), (self.member, self.reason, self.repair)
