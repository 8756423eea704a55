# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delivered files made safe and useful: archives unpacked, checksums, COGs, quicklooks. No Django here.

Modules are imported one by one (``imagery.archive``, ``imagery.files``, ``imagery.cog``,
``imagery.quicklook``, ``imagery.preview``…): the raster ones load GDAL, which a web process needs for previews only.
"""
