#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Builds STAC Browser from its npm package into var/clients/stac-browser/dist, for tests/clients/test_stac_browser.py.
# ol-stac is pinned: with a newer one this version does not compile.
set -e
cd "$(dirname "$0")/../.."
folder=var/clients/stac-browser
rm -rf "$folder" && mkdir -p "$folder"
cd "$folder"
npm pack --silent @radiantearth/stac-browser@4.0.1
tar xzf radiantearth-stac-browser-*.tgz
cd package
npm install --silent --ignore-scripts --no-audit --no-fund
npm install --silent --ignore-scripts --no-audit --no-fund ol-stac@1.1.0
npm run build:minimal -- --historyMode=hash
mv dist ..
cd ..
rm -rf package radiantearth-stac-browser-*.tgz
