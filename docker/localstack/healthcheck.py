"""Exits 0 if LocalStack in this container answers and can run Spark jobs, else 1 with the reason."""

import json
import os
import sys
import urllib.request
from typing import Any

# no proxy from the environment may stand between us and the loopback interface
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main() -> None:
    """Ask the gateway, then the Glue service."""
    port = os.environ.get("GATEWAY_LISTEN", "").partition(",")[0].rpartition(":")[2] or "4566"
    base = f"http://127.0.0.1:{port}"
    try:
        get_json(f"{base}/_localstack/health")
        spark = get_json(f"{base}/_glue/health")["spark"]
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{base}: {error}")
    if not spark["available"]:
        sys.exit(f"no Spark jobs: {spark['missing']}")


def get_json(url: str) -> Any:
    """Return the JSON object that an address answers with."""
    with OPENER.open(url, timeout=4) as response:
        return json.load(response)


if __name__ == "__main__":
    main()
