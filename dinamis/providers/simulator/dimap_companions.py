# SPDX-License-Identifier: AGPL-3.0-or-later
"""The smaller XML files of a DIMAP V2 delivery: volume index, lineage, look-up table, rational model."""

from __future__ import annotations

from collections.abc import Sequence

from dinamis.providers.simulator.dimap import BAND_IDS, Component, document, element, identification, reference
from dinamis.providers.simulator.products import Sensor


def volume(sensor: Sensor, title: str, components: Sequence[tuple[str, str]]) -> bytes:
    """The volume index: (title, path of the DIM file) of each component."""
    return document(
        element(
            "Dimap_Document",
            identification("VOLUME", "SINGLE_VOLUME"),
            element(
                "Dataset_Identification",
                element("DATASET_TYPE", "VOLUME"),
                element("DATASET_NAME", title, version="1.0"),
            ),
            element(
                "Dataset_Content",
                element("Dataset_Components", *[reference(name, "Dataset", path) for name, path in components]),
            ),
            element("Product_Information", element("Producer_Information", element("PRODUCER_NAME", sensor.name))),
        )
    )


def lineage(component: Component) -> bytes:
    """LINEAGE/PROCESSING_*.XML: the options the product was made with."""
    options = [element("PARAMETER", value, name=name) for name, value in sorted(component.order["options"].items())]
    return document(
        element(
            "Dimap_Document",
            identification(f"{component.sensor.profile}_PROCESSING", "LINEAGE"),
            element("Processing_Parameters", *options),
        )
    )


def look_up_table(component: Component) -> bytes:
    """LUT_*.XML: the linear stretch that displays each band."""
    bands = [
        element("Band_LUT", element("BAND_ID", BAND_IDS[band]), element("LOW", 60), element("HIGH", 900))
        for band in component.bands
    ]
    return document(
        element(
            "Dimap_Document",
            identification(f"{component.sensor.profile}_LUT", "LUT"),
            element("Look_Up_Table", *bands),
        )
    )


def rational_model(
    component: Component, lines: Sequence[float], samples: Sequence[float], scales: dict[str, float]
) -> bytes:
    """RPC_*.XML: ground to image as first-order polynomials (constant, lon, lat) over normalised coordinates."""
    values = []
    for axis, numerators in (("SAMP", samples), ("LINE", lines)):
        for kind in ("NUM", "DEN"):
            for rank in range(20):
                given = numerators[rank] if kind == "NUM" and rank < 3 else float(kind == "DEN" and rank == 0)
                values.append(element(f"{axis}_{kind}_COEFF_{rank + 1}", repr(float(given))))
    validity = [element(name, repr(value)) for name, value in scales.items()]
    model = element(
        "Global_RFM",
        element("GroundtoImage_Values", *values),
        element("RFM_Validity", *validity),
    )
    resource = element(
        "Resource_Reference",
        element("RESOURCE_TITLE", "NITF", version="2.1"),
        element("RESOURCE_ID", "RPC00B"),
    )
    return document(
        element(
            "Dimap_Document",
            identification(f"{component.sensor.profile}_SENSOR", "RPC"),
            element("Rational_Function_Model", resource, model),
        )
    )
