"""`glue-local serve`: a local Glue without LocalStack."""

from __future__ import annotations

import argparse
import errno
import logging
import signal
import sys
import threading
from pathlib import Path

from localstack_glue import __version__
from localstack_glue.hosts import process

_INSTALL = "pip install './tooling/localstack_glue[standalone]'"
_LAST_PORT = 65535


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C or a SIGTERM; return 0, or 2 if it cannot start."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.WARNING, format="%(levelname)s %(message)s")
    try:
        process.save_time()
        from localstack_glue.hosts.standalone.server import serve  # here, so that --help waits for nothing
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] == "localstack_glue":
            raise
        missing = str(error.name).partition(".")[0]
        return _failed(f"{missing} is missing: install glue-local with [standalone] or [spark], such as {_INSTALL}")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        server = serve(options.port, options.work_dir, options.backend, options.state, options.host)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        return _failed(f"port {options.port} is taken; use --port 0 for any free port" if is_taken else str(error))
    except ValueError as error:
        return _failed(str(error))
    print(f"Glue answers at {server.url}: export AWS_ENDPOINT_URL={server.url}", flush=True)  # noqa: T201
    ended.wait()
    server.close()
    return 0


def _failed(reason: str) -> int:
    print(f"glue-local cannot start: {reason}", file=sys.stderr)  # noqa: T201
    return 2


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is not a port; use a number from 0 to {_LAST_PORT}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="glue-local", description="AWS Glue on this machine.")
    parser.add_argument("--version", action="version", version=f"glue-local {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve",
        help="serve Glue, Athena and the services that they need",
        description="Serve Glue, Athena, QuickSight and Budgets. S3, IAM, STS, KMS, SNS, SQS, logs and "
        "EventBridge are moto's, or another emulator's with --backend.",
    )
    serve.add_argument("--port", type=_port, default=4566, help="0: any free port (default: %(default)s)")
    serve.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="0.0.0.0: open to the network (default: %(default)s)"
    )
    serve.add_argument(
        "--backend",
        metavar="URL",
        help="emulator that answers all other requests, such as http://127.0.0.1:5000 (default: moto, in this process)",
    )
    serve.add_argument(
        "--state", type=Path, metavar="FOLDER", help="folder that keeps jobs, triggers and runs across restarts"
    )
    serve.add_argument("--work-dir", type=Path, metavar="FOLDER", help="folder for the files of job runs")
    serve.add_argument("--verbose", action="store_true", help="log what happens")
    return parser


if __name__ == "__main__":
    sys.exit(main())
