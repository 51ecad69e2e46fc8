"""The container's first process: starts a command, forwards signals to it, reaps orphans, ends with its exit code.

A Spark job is a tree of processes. When its parent is killed, a child is handed to the container's first process, and
one that never waits for it would collect zombies. This one waits for all of them. Where it is not the first process, it
asks Linux to hand them to it all the same. Standard library only; runs with the base image's Python.
"""

import ctypes
import os
import shutil
import signal
import sys
from pathlib import Path

FORWARDED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2}
PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    """Run the command given as arguments and return its exit code."""
    prepare_folders()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # blocked, they wait for sigwait: none is lost, however early it comes
    watched = FORWARDED | {signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    # in a group of its own, else Ctrl-C at a terminal would reach it twice
    child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, setpgroup=0, setsigmask=())
    while True:
        received = signal.sigwait(watched)
        if received != signal.SIGCHLD:
            os.kill(child, received)
        elif (code := reap(child)) is not None:
            return code


def reap(child: int) -> int | None:
    """Wait for all processes that have ended; return the exit code of the command if it is among them."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == child:
            ended = os.waitstatus_to_exitcode(status)
            code = ended if ended >= 0 else 128 - ended


def prepare_folders() -> None:
    """Remove what an earlier run in the same folders left, except modules installed for jobs and wanted state."""
    temporary = Path(os.environ["TMPDIR"])
    leftovers = [temporary, Path(os.environ["LOCALSTACK_GLUE_WORK_DIR"]) / "runs"]
    root = os.environ.get("FILESYSTEM_ROOT")  # LocalStack's alone
    if root and os.environ.get("PERSISTENCE", "").strip().lower() not in ("1", "true"):
        leftovers.append(Path(root))
    for leftover in leftovers:
        shutil.rmtree(leftover, ignore_errors=True)
    temporary.mkdir(parents=True, exist_ok=True)


if __name__ == "__main__":
    sys.exit(main())
