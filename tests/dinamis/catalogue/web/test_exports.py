# SPDX-License-Identifier: AGPL-3.0-or-later
from dinamis.catalogue.web.exports import table_of


def test_a_table_of_cells_holds_no_formula():
    answer = table_of([{"cell": 7, "commune": "=HYPERLINK(1)"}], ("cell", "commune"), "cells")
    assert answer.content.decode().splitlines() == ["\ufeffcell,commune", "7,'=HYPERLINK(1)"]
    assert answer["Content-Disposition"] == 'attachment; filename="cells.csv"'
