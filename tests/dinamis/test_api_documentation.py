# SPDX-License-Identifier: AGPL-3.0-or-later
"""The examples of docs/api.md are sent as they are written, and answered."""

import base64
import re
import shlex
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from shapely.geometry import box

from dinamis.accounts.enums import ApiScope
from dinamis.catalogue.enums import AdminKind
from dinamis.catalogue.models import Sensor
from dinamis.catalogue.services.areas import keep_area
from dinamis.core import clock, geo
from orders.models import Order
from orders.services.requests import submission
from orders.services.reviewing import review
from tests.cast import gather
from tests.dinamis.core.areas.made import coast, geopackage
from tests.factories.accounts import UserFactory, active_membership
from tests.factories.api import OWN, key_of
from tests.factories.catalogue import AdminUnitFactory, AssetFactory, CollectionFactory, ItemFactory
from tests.factories.licensing import ProjectFactory, person_signs
from tests.factories.orders import SceneFactory, acquisition_of, envelope, proposed, tasked

pytestmark = pytest.mark.django_db
HERE = box(6.8, 45.8, 6.9, 45.9)
PAGE = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()


def examples():
    for block in re.findall(r"```bash\n(.*?)```", PAGE, flags=re.DOTALL):
        for line in re.split(r"\n(?=curl )", block.strip().replace("\\\n", " ")):
            # The first block tells the shell the names that all use.
            if re.match(r"[A-Z]+=", line):
                continue
            # What a shell would make of the identifier: any text is one.
            yield re.sub(r"\$\(cat [^)]*\)", "3f0b2c1e", line.replace("\n", " "))


EXAMPLES = list(examples())


@pytest.fixture(scope="module")
def written(module_rows):
    cast = gather()
    collection = CollectionFactory(slug="pleiades", licence=cast.licences["pleiades-uia"])
    asset = AssetFactory(item=ItemFactory(collection=collection), key="pms")
    person_signs(cast.alice, cast.licences["pleiades-uia"].versions.get(state="published"))
    active_membership(UserFactory(email="chloe@example.org"), cast.institute)
    project = ProjectFactory(organisation=cast.institute, owner=cast.alice)
    project.members.set([cast.alice, cast.bob])
    AdminUnitFactory(kind=AdminKind.DEPARTEMENT, code="34", name="Hérault")
    return cast, asset, project


@pytest.fixture
def world(db, written):
    return deepcopy(written)


def order_for(line, cast, collection, project):
    """An order of Alice as an example finds it: at the version it names, sent where it is cancelled."""
    order = acquisition_of(cast.alice, cast.institute, project, collection, aoi=HERE)
    if "/cancel" in line:
        order = submission.submit_order(order=order, actor=cast.alice)
    if told := re.search(r'"version": (\d+)', line):
        Order.objects.filter(pk=order.pk).update(version=int(told[1]))
    return order


def proposal_for(cast, collection, project):
    """An image proposed for a request of Alice that the office approved."""
    made = acquisition_of(cast.alice, cast.institute, project, collection, aoi=HERE)
    order = submission.submit_order(order=made, actor=cast.alice)
    review.start_review(order=order, actor=cast.dora)
    review.approve_order(order=order, actor=cast.dora, reason="essai", envelope=envelope(owner=cast.institute))
    return proposed(tasked(order.items.get()))


def orders_of(line, world):
    """The numbers of orders, scenes and proposals an example names, by what the page writes; made for it alone."""
    cast, asset, project = world
    collection = asset.item.collection
    if "/proposals/" in line:
        return [("proposals/12", proposal_for(cast, collection, project).pk)]
    if "D-2027-0431" in line:
        return [("D-2027-0431", order_for(line, cast, collection, project).reference)]
    if "/orders" not in line:
        return []
    footprint = geo.to_multipolygon(HERE.buffer(0.2))
    scene = SceneFactory(collection=collection, footprint=footprint, datetime=datetime(2026, 5, 2, 10, tzinfo=UTC))
    Sensor.objects.get_or_create(
        platform="PLEIADES-1A", defaults={"name": "Pléiades 1A", "family": "pleiades", "resolution": 0.5}
    )
    return [("[12]", f"[{scene.pk}]"), ("2027-", f"{clock.today().year + 1}-")]


def with_numbers(line, world):
    """The numbers of this world in place of those of the page; the project is where the example says it is."""
    cast, asset, project = world
    if told := re.search(r"revision\D+(\d+)", line):
        type(project).objects.filter(pk=project.pk).update(revision=int(told[1]))
    for written, number in (
        ("projects/1", project.pk),
        ("members/12", cast.bob.pk),
        ('"organisation": 1', cast.institute.pk),
        ('"project": 1', project.pk),
        ('"item": 5664', asset.item_id),
    ):
        line = line.replace(written, re.sub(r"\d+", str(number), written))
    for written, found in orders_of(line, world):
        line = line.replace(written, re.sub(r"\d+", str(found), written) if isinstance(found, int) else found)
    return re.sub(r"area-[\w-]{22}", f"area-{keep_area(coast(300))}", line)


def test_there_are_examples_and_all_are_curl():
    assert len(EXAMPLES) >= 24
    assert all(line.startswith("curl ") for line in EXAMPLES)


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_of_the_page_works_as_it_is_written(world, line):
    _client, credentials = key_of(
        world[0].alice, scopes=[*OWN, ApiScope.PROJECTS.value, ApiScope.ORDERS.value, ApiScope.ORDERS_WRITE.value]
    )
    words = shlex.split(
        with_numbers(line, world)
        .replace("$API", "/api/v1")
        .replace("$ACCESS_KEY", credentials.access_key)
        .replace("$SECRET_KEY", credentials.secret_key),
        comments=True,
    )[1:]
    headers, body, path, method = {}, None, "", "GET"
    while words:
        word = words.pop(0)
        if word == "--user":
            headers |= _basic(words.pop(0))
        elif word == "--header":
            name, value = words.pop(0).split(": ")
            headers[name] = value
        elif word == "--json":
            body, method = words.pop(0), "POST" if method == "GET" else method
        elif word == "--data-binary":
            body, method = geopackage() if words.pop(0) == "@zone.gpkg" else None, "POST"
        elif word == "--request":
            method = words.pop(0)
        else:
            path = word
    answer = Client(headers=headers).generic(method, path, body or "", content_type="application/json")
    assert answer.status_code in {200, 201}, answer.content


def _basic(pair):
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
