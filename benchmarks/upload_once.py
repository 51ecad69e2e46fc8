"""One upload as a process of its own, as its peers are: `python -m benchmarks.upload_once ENDPOINT BUCKET FOLDER`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from quartal.aws import AwsConnection
from quartal.uploads import plan_upload, upload


def main() -> None:
    """Upload a folder as one delivery; print what was done, and the seconds without the interpreter's start."""
    endpoint_url, bucket, folder = sys.argv[1:]
    started = time.perf_counter()
    items = plan_upload([Path(folder)], raw_prefix="raw/", delivery="2024Q1")
    connection = AwsConnection("us-east-1", endpoint_url, "test", "test")
    report = upload(connection, bucket, items, manifest_prefix="deliveries/")
    counts = {"uploaded": len(report.uploaded), "unchanged": len(report.unchanged)}
    print(json.dumps({**counts, "seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
