# SPDX-License-Identifier: AGPL-3.0-or-later
"""What DINAMIS is for: images that one organisation ordered are fetched by others, who need not buy them.

Played once the orders that go on for real are delivered; the public figures are then counted at once.
"""

from dinamis.accounts.models import User
from dinamis.catalogue.models import Asset
from dinamis.core import clock
from dinamis.demo.story.cast import user
from dinamis.demo.story.work import CHARLIE, LUCIA, MONA
from orders.models import OrderItem, TicketObject
from orders.services.downloads.ticket import issue_ticket, note_fetched
from orders.services.figures.transparency import count_figures
from orders.services.fulfilment.progress import OPEN

TOPIC = "demo.reuse"
# Who fetches the image of which order. Of the SPOT image nobody has to sign for themselves.
FETCHED = (
    (CHARLIE, "Cordon dunaire d’Oléron"),
    (LUCIA, "Cordon dunaire d’Oléron"),
    (MONA, "Piton de la Fournaise, enclos"),
    (LUCIA, "Piton de la Fournaise, enclos"),
    (MONA, "Marais de Brouage, prés salés"),
    (CHARLIE, "Marais de Brouage, prés salés"),
)


def fetch_by_others() -> bool:
    """Fetch every image as another organisation, once, and count; False while one of them is still to come.

    Raises NotEntitled when somebody may not.
    """
    titles = {title for _email, title in FETCHED}
    lines = {
        line.order.title: line for line in OrderItem.objects.filter(order__title__in=titles).select_related("order")
    }
    if any(line.state in OPEN for line in lines.values()):
        return False
    for email, title in FETCHED:
        line = lines.get(title)
        if line is not None and line.product_id:
            _fetch_image(user(email), line.product_id)
    count_figures(at=clock.now())
    return True


def _fetch_image(person: User, image: int) -> None:
    asset = Asset.objects.select_related("item__collection__licence").filter(item=image, public=False).first()
    if asset is not None:
        fetch(person, asset)


def fetch(person: User, asset: Asset, project: int | None = None) -> None:
    """Fetch a file as somebody, for a project (its id), unless they have it. Raises NotEntitled."""
    if TicketObject.objects.filter(ticket__person=person, asset=asset).exists():
        return
    at = clock.now()
    ticket, _token, _paths = issue_ticket(person=person, assets=[asset], project=project, at=at)
    for handed in TicketObject.objects.filter(ticket=ticket):
        note_fetched(handed, at=at)
