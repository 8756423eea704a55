# SPDX-License-Identifier: AGPL-3.0-or-later
"""Documents attached to adhesions: pictures of an invented page."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont

from dinamis.demo.organisations import Cast

PAGE = (620, 877)
INK, GREY = (20, 38, 44), (217, 213, 202)


def document(cast: Cast) -> SimpleUploadedFile:
    """A PNG page headed by the organisation and the document's title, its text drawn as grey lines."""
    page = Image.new("RGB", PAGE, "white")
    pen = ImageDraw.Draw(page)
    pen.text((60, 60), cast.data.name, fill=INK, font=ImageFont.load_default(20))
    pen.text((60, 130), cast.evidence, fill=INK, font=ImageFont.load_default(26))
    pen.text((60, 800), "Document inventé pour la démonstration", fill=INK, font=ImageFont.load_default(14))
    for number in range(22):
        width = 500 if (number + 1) % 6 else 280
        pen.line((60, 200 + number * 25, 60 + width, 200 + number * 25), fill=GREY, width=7)
    out = io.BytesIO()
    page.save(out, "PNG", optimize=True)
    return SimpleUploadedFile("document.png", out.getvalue(), content_type="image/png")
