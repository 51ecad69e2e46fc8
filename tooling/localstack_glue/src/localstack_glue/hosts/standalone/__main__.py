"""`glue-local serve`: a local Glue without LocalStack."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import tempfile
import threading
from pathlib import Path

from localstack_glue import __version__


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C or a SIGTERM; return 0, or 2 where it cannot start."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.WARNING, format="%(levelname)s %(message)s")
    from localstack_glue.hosts.standalone.server import serve  # here, so that --help waits for nothing

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    work_dir = options.work_dir or Path(tempfile.gettempdir()) / f"glue-local-{options.port}"
    try:
        server = serve(options.port, work_dir, options.backend, options.state, options.host)
    except (OSError, ValueError) as error:
        print(f"glue-local cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 2
    print(f"Glue answers at {server.url}: export AWS_ENDPOINT_URL={server.url}", flush=True)  # noqa: T201
    ended.wait()
    server.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="glue-local", description="AWS Glue on this machine.")
    parser.add_argument("--version", action="version", version=f"glue-local {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve",
        help="serve Glue, Athena and what surrounds them",
        description="Serve Glue, Athena, QuickSight and Budgets. S3, IAM, STS, KMS, SNS, SQS, logs and "
        "EventBridge are moto's, or another emulator's with --backend.",
    )
    serve.add_argument("--port", type=int, default=4566, help="0 takes any free one (default: %(default)s)")
    serve.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="0.0.0.0 opens it to the network (default: %(default)s)"
    )
    serve.add_argument("--backend", metavar="URL", help="emulator that answers what is not Glue's, instead of moto")
    serve.add_argument("--state", type=Path, metavar="FOLDER", help="where jobs, triggers and runs outlive the server")
    serve.add_argument("--work-dir", type=Path, metavar="FOLDER", help="where job runs have their files")
    serve.add_argument("--verbose", action="store_true", help="log what happens")
    return parser


if __name__ == "__main__":
    sys.exit(main())
