#!/usr/bin/env bash
# A key of S3 with "." or ".." between its slashes is sent as another key by urllib3's PoolManager and urllib3.request, without
# a word: they take such segments out of the path, as RFC 3986 has it for addresses in general. S3's keys are no paths, and a
# signature made for the key does not fit what is sent. The pool that serves a host sends the path as it is.
#
# urllib3 2.8.0.
#
# Output seen:
#   PoolManager.request  /lake/raw/b.csv
#   HTTPConnectionPool.urlopen  /lake/raw/a/../b.csv
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check urllib3==2.8.0
cd "$work"
"$work/venv/bin/python" - <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import urllib3

asked = []


class Server(BaseHTTPRequestHandler):
    def do_PUT(self):
        asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
address, key = f"http://127.0.0.1:{server.server_port}", "/lake/raw/a/../b.csv"
manager = urllib3.PoolManager()
manager.request("PUT", address + key, body=b"")
manager.connection_from_url(address).urlopen("PUT", key, body=b"")
print("PoolManager.request ", asked[0])
print("HTTPConnectionPool.urlopen ", asked[1])
assert asked == ["/lake/raw/b.csv", key]
PY
