# SPDX-License-Identifier: AGPL-3.0-or-later
from dinamis.accounts.models.organisation import Membership, Organisation
from dinamis.accounts.models.user import User

__all__ = ["Membership", "Organisation", "User"]
