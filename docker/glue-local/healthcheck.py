"""Exits 0 if the server in this container answers and can run Spark jobs, else 1 with the reason."""

import json
import sys
import urllib.request

ADDRESS = "http://127.0.0.1:4566/_glue/health"
# no proxy from the environment may stand between us and the loopback interface
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main() -> None:
    """Ask the server."""
    try:
        with OPENER.open(ADDRESS, timeout=4) as response:
            spark = json.load(response)["spark"]
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{ADDRESS}: {error}")
    if not spark["available"]:
        sys.exit(f"no Spark jobs: {spark['missing']}")


if __name__ == "__main__":
    main()
