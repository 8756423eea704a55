# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a provider says of orders of the past. The simulator never heard of them: nothing is asked of it."""

from dataclasses import dataclass

from shapely.geometry import mapping
from shapely.geometry.polygon import orient

from dinamis.catalogue.dimap.model import Angles, Product
from dinamis.catalogue.enums import CellStatus
from dinamis.core import geo
from dinamis.demo.geography.cells import Cell
from dinamis.demo.geography.coverages import Filled, Yearly
from dinamis.demo.geography.scenes import Scene
from dinamis.demo.samples import write_files
from dinamis.demo.story.stage import postpone
from dinamis.providers.base import DeliveryFile, PlacedOrder, ProviderStatus, StatusCode
from orders.models import Order, OrderItem, ProviderOrder
from orders.services.fulfilment import delivery, placement

CONTRACT = "DINAMIS_DEMO"


def acknowledged(order: Order) -> None:
    """The provider takes the first line of an order, with all that is bought with it; following it waits.

    Raises ValueError when there is nothing to place.
    """
    line = order.items.order_by("position").first()
    row = placement.prepare_placement(item_id=line.pk) if line else None
    if row is None:
        raise ValueError(f"{order} has nothing to place")
    placed = PlacedOrder(reference=row.reference, contract_id=CONTRACT, order_id=f"SAL26{order.pk:06d}")
    placement.record_placed(provider_order_id=row.pk, placed=placed)
    postpone(f"orders.follow:{row.pk}:start")


def told(order: Order, code: StatusCode, words: str = "", reason: str = "") -> None:
    """The provider says where an order stands, and why."""
    row = ProviderOrder.objects.get(lines__order=order)
    status = ProviderStatus(code=code, reason_code=reason, reason_text=words, provider_state=code.value)
    placement.record_status(provider_order_id=row.pk, status=status)


def delivered(order: Order, scene: Scene) -> None:
    """The provider delivers the only line of an order: files are drawn, checked and catalogued."""
    told(order, StatusCode.COMPLETED)
    line = order.items.get()
    image = _Ordered(
        Yearly(order.family, "", scene.when.year),
        Cell("", order.reference, "", mapping(geo.to_shapely(line.aoi))),
        CellStatus.DELIVERED,
        scene,
        held=True,
    )
    files = write_files(image)
    named = [DeliveryFile(url="", name=one.file_name, size=one.size, sha256=one.sha256) for one in files[:1]]
    row = ProviderOrder.objects.get(lines=line)
    (expected,) = delivery.expect(provider_order_id=row.pk, files=named)
    delivery.begin(delivery_id=expected.pk)
    delivery.begin_checking(delivery_id=expected.pk)
    delivery.accept(delivery_id=expected.pk, product=_product(image.stac_id, line, scene), files=files)


@dataclass(frozen=True)
class _Ordered(Filled):
    """An image that was ordered, drawn as the cells of the coverages are."""

    @property
    def stac_id(self) -> str:
        """The name of the image: sensor, moment, order."""
        scene = self.scene
        moment = f"{scene.satellite.sensor}_{scene.when:%Y%m%d%H%M%S}" if scene else ""
        return f"IMG_{moment}_PMS_ORT_{self.cell.code}"


def _product(name: str, line: OrderItem, scene: Scene) -> Product:
    area = orient(max(geo.to_shapely(line.aoi).geoms, key=lambda part: part.area))
    family = line.order.family
    return Product(
        document="",
        dimap_version="2.15",
        name=name,
        profile="",
        family=family,
        platform=scene.satellite.platform,
        constellation="spot" if family == "spot-6-7" else family,
        instruments=("naomi",) if family == "spot-6-7" else ("hiri",),
        start_datetime=scene.when,
        end_datetime=scene.when,
        rings=(tuple((lon, lat) for lon, lat in area.exterior.coords),),
        gsd=scene.satellite.gsd,
        cloud_cover=scene.cloud,
        angles=Angles(incidence=scene.incidence, sun_azimuth=scene.sun_azimuth, sun_elevation=scene.sun_elevation),
        level="ORTHO",
        level_code="ORT",
        processing_level="L3",
        spectral_processing="PMS",
        job_id=line.order.reference,
    )
