# SPDX-License-Identifier: AGPL-3.0-or-later
"""The people of the demonstration are invented."""

from dinamis.core.personal import tells_nothing

tells_nothing("demo.sentmail", "*", why="mails to invented people; installed in the demonstration only")
