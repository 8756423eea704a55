# SPDX-License-Identifier: AGPL-3.0-or-later
"""What must never reach a log."""

import logging
import re

SECRETS = re.compile(r"((?:/|%2F)(?:d|signature|invitation|searches/stop)(?:/|%2F))[^/\s?&%\"']+")


class HideTokens(logging.Filter):
    """Replace the token of a download or signing link by "…", wherever a message quotes a path."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; it is always kept."""
        said = record.getMessage()
        hidden = SECRETS.sub(r"\1…", said)
        if hidden != said:
            record.msg, record.args = hidden, ()
        return True
