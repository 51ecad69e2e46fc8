#!/usr/bin/env bash
# An answer of Glue that breaks off before its first byte, with status 200, is an empty answer to botocore: no runs, no
# partitions, no error, no second try.
#
# botocore 1.44.5, JSON protocol. A proxy or a gateway that loses the body makes "there is nothing" of "nothing was heard"; a
# paginator yields one page without its key, and `search` yields None. A caller has to look for the key.
#
# Output seen: ['ResponseMetadata']; [None]; 1 request each
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check boto3==1.44.5 botocore==1.44.5
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3

asked = []


class Silent(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        asked.append(self.headers["X-Amz-Target"])
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Silent)
threading.Thread(target=server.serve_forever, daemon=True).start()
glue = boto3.client(
    "glue",
    region_name="us-east-1",
    endpoint_url=f"http://127.0.0.1:{server.server_port}",
    aws_access_key_id="test",
    aws_secret_access_key="test",
)
runs = list(glue.get_workflow_runs(Name="flow"))
pages = glue.get_paginator("get_partitions").paginate(DatabaseName="lake", TableName="orders")
partitions = list(pages.search("Partitions[]"))
print(f"{runs}; {partitions}; {len(asked) // 2} request each")
assert (runs, partitions, len(asked)) == (["ResponseMetadata"], [None], 2)
PY
