# SPDX-License-Identifier: AGPL-3.0-or-later
"""A private nginx in front of the site: files, compression, ``/_files/`` that only the gateway can name."""

from __future__ import annotations

import os
import shutil

from dinamis.embedded import ports, processes
from dinamis.embedded.console import Failure, say
from dinamis.embedded.processes import Record, Spec
from dinamis.embedded.state import Layout

NAME = "nginx"
SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"

MEDIA_TYPES = """
    text/html html; text/css css; text/javascript js mjs; text/plain txt; text/csv csv; text/xml xml;
    application/json json map; application/geo+json geojson; application/manifest+json webmanifest;
    application/vnd.mapbox-vector-tile mvt pbf; application/wasm wasm; application/pdf pdf; application/zip zip;
    image/svg+xml svg; image/png png; image/jpeg jpg jpeg; image/webp webp; image/x-icon ico; image/gif gif;
    image/tiff tif tiff; image/jp2 jp2; font/woff2 woff2; font/woff woff; font/ttf ttf;
"""
"""Own table: Debian 12's has no .mjs, and browsers refuse module scripts of another type."""

COMPRESSED = (
    "text/css text/javascript text/plain text/csv text/xml application/json application/geo+json "
    "application/problem+json application/schema+json application/ld+json application/manifest+json "
    "application/vnd.oai.openapi+json application/vnd.mapbox-vector-tile application/wasm image/svg+xml"
)

BEFORE_A_KEY = "(?:/d|/searches/stop|/signature|/invitation|/confirm-email|/reset/key)/"
"""What comes before the segment of an address that opens something; the prefixes in front of it may differ."""

CONFIGURATION = """
{user}
daemon off;
worker_processes 2;
pid "{work}/nginx.pid";
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
  types {{ {types} }}
  default_type application/octet-stream;
  charset utf-8;
  charset_types text/css text/plain text/javascript text/csv;
  # Some addresses are keys: one-time links, tickets of the gateway, answers of a provider of identity. Who reads the
  # log must not be able to use them.
  map $request_uri $logged_uri {{
    "~^(?<before>.*{keys})[^/?]+(?<after>[^?]*)" "$before***$after";
    "~^(?<path>/account/[^?]*)" "$path";
    default "$request_uri";
  }}
  log_format without_keys '$remote_addr [$time_iso8601] "$request_method $logged_uri $server_protocol" $status '
                          '$body_bytes_sent $request_time "$http_user_agent"';
  access_log "{logs}/access.log" without_keys;
  client_body_temp_path "{work}/body";
  proxy_temp_path "{work}/proxy";
  fastcgi_temp_path "{work}/fastcgi";
  uwsgi_temp_path "{work}/uwsgi";
  scgi_temp_path "{work}/scgi";
  server_tokens off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 30s;
  client_max_body_size 32m;
  client_header_timeout 15s;
  client_body_timeout 60s;
  send_timeout 60s;
  reset_timedout_connection on;
  gzip on;
  gzip_comp_level 4;
  gzip_min_length 512;
  gzip_proxied any;
  gzip_vary on;
  gzip_types {compressed};

  # No keepalive here: a worker takes as many connections as it has threads (dinamis/server.py).
  upstream web {{ server "unix:{web}" fail_timeout=0; }}
  upstream simulator {{ server "unix:{simulator}" fail_timeout=0; }}
  # A name with a content hash never changes its content; others are asked for again after five minutes.
  map $uri $static_cache {{
    "~\\.[0-9a-f]{{12}}\\.[a-z0-9]+$" "public, max-age=31536000, immutable";
    default "public, max-age=300";
  }}

  proxy_http_version 1.1;
  proxy_connect_timeout 5s;
  proxy_read_timeout 60s;
  proxy_send_timeout 60s;
  proxy_redirect off;

  server {{
    {listen_site}
    server_name _;
    {headers}
    proxy_set_header X-Stac-Root "";
    location / {{ proxy_pass http://web; }}
    location /simulator/ {{ client_max_body_size 8m; proxy_pass http://simulator; }}
    location /static/ {{
      alias "{static}/";
      add_header Cache-Control $static_cache;
      add_header X-Content-Type-Options nosniff;
    }}
    # Reached only through the X-Accel-Redirect of the download gateway; asked for directly it is 404.
    location /_files/ {{
      internal;
      gzip off;
      add_header X-Content-Type-Options nosniff;
      add_header Content-Security-Policy $upstream_http_content_security_policy;
      add_header Access-Control-Allow-Origin $upstream_http_access_control_allow_origin;
      alias "{files}/";
    }}
  }}

  # The same site seen as a STAC API at the root of a host, which some clients insist on.
  server {{
    {listen_stac}
    server_name _;
    {headers}
    proxy_set_header X-Stac-Root "1";
    location / {{ proxy_pass http://web/stac$request_uri; }}
    location /_files/ {{
      internal;
      gzip off;
      add_header X-Content-Type-Options nosniff;
      add_header Content-Security-Policy $upstream_http_content_security_policy;
      add_header Access-Control-Allow-Origin $upstream_http_access_control_allow_origin;
      alias "{files}/";
    }}
  }}
}}
"""

HEADERS = """
    proxy_set_header Host $http_host;
    proxy_set_header Connection "";
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Real-IP $remote_addr;
"""


def listen(port: int) -> str:
    """127.0.0.1 and, where it exists, ::1, since ``localhost`` may be either."""
    return " ".join(f"listen {f'[{host}]' if ':' in host else host}:{port};" for host in ports.loopbacks())


def configuration(place: Layout) -> str:
    """The text of nginx.conf."""
    return CONFIGURATION.format(
        user="user root;" if os.getuid() == 0 else "",
        work=place.work(NAME),
        logs=place.logs,
        types=MEDIA_TYPES,
        compressed=COMPRESSED,
        web=place.web_socket,
        simulator=place.simulator_socket,
        listen_site=listen(place.port),
        listen_stac=listen(place.port + 1),
        headers=HEADERS.strip(),
        keys=BEFORE_A_KEY,
        static=place.static,
        files=place.files,
    )


def spec(place: Layout) -> Spec:
    """How nginx is run: in the foreground, with a configuration, logs and temporary folders of its own."""
    program = shutil.which("nginx", path=SEARCHED)
    if program is None:
        raise Failure("nginx is not installed.")
    work = place.work(NAME)
    argv = (program, "-c", str(work / "nginx.conf"), "-p", str(work), "-e", "stderr")
    return Spec(NAME, argv, work, f"ports {place.port}, {place.port + 1}")


def check_ports(place: Layout, command: str) -> None:
    """Raise Failure when our ports are held by another program than our own nginx."""
    if processes.remembered(place, NAME) is None and processes.stray(place.work(NAME)) is None:
        processes.kill_orphans(place.work(NAME))
        ports.require_free(place.port, command)


def start(place: Layout, command: str) -> Record:
    """Start it unless it runs. Raises Failure when a port is taken, saying by whom."""
    check_ports(place, command)
    work = place.work(NAME)
    work.mkdir(parents=True, exist_ok=True)
    (work / "nginx.conf").write_text(configuration(place))
    record, started = processes.start(place, spec(place))
    processes.wait_until(place, record, lambda: not ports.is_free(place.port + 1), 10)
    if started:
        say(f"nginx listens on ports {place.port} and {place.port + 1}")
    return record
