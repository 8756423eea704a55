# SPDX-License-Identifier: AGPL-3.0-or-later
"""Make a key that may publish in the measured catalogue, and print its two halves."""

import sys
from datetime import timedelta

import django


def main() -> None:
    """Make an administrator, an organisation and its key."""
    django.setup()
    from dinamis.accounts.enums import ApiScope
    from dinamis.accounts.models import Organisation, User
    from dinamis.accounts.services.api_client import create_api_client
    from dinamis.catalogue.models import Collection
    from dinamis.catalogue.services.publishing_rights import give_right
    from dinamis.core import clock

    administrator = User.objects.create(email="bench@example.org", name="Bench", office_role="administrator")
    centre = Organisation.objects.create(name="Bench", siret="21340172201787")
    _client, credentials = create_api_client(
        actor=administrator,
        organisation=centre,
        name="bench",
        scopes=[ApiScope.PUBLISH.value],
        expires_at=clock.now() + timedelta(days=1),
    )
    give_right(actor=administrator, organisation=centre, collections=list(Collection.objects.all()))
    sys.stdout.write(f"{credentials.access_key} {credentials.secret_key}")


if __name__ == "__main__":
    main()
