# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who decides, in which order: stages, the queue, sessions of the committee, absences."""
