"""Runs a job's script in the job's own Python and writes the reason of a failure to a file.

Started by path, in a Python that may lack this package: it may use the standard library only. Arguments: the file for
the reason, the script, and the script's own arguments.
"""

import contextlib
import ctypes
import importlib
import os
import signal
import sys
import traceback
import types
from pathlib import Path

PR_SET_PDEATHSIG = 1
PARENT_VARIABLE = "LOCALSTACK_GLUE_PARENT"
MEMORY_VARIABLE = "LOCALSTACK_GLUE_RUN_MEMORY_MB"


def die_with_parent() -> None:
    """Let Linux kill this process when the service dies in any way. Elsewhere this does nothing."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.environ.pop(PARENT_VARIABLE, "") not in ("", str(os.getppid())):
        os._exit(1)  # it died before the request above


def bound_memory() -> None:
    """Limit the address space to the service's setting: a script that runs away fails, and the machine does not."""
    limit_mb = os.environ.pop(MEMORY_VARIABLE, "")
    if not limit_mb or sys.platform == "win32":
        return
    import resource

    limit = int(limit_mb) * 1024**2
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def reason(error: BaseException) -> str:
    """Word an exception as Glue's ErrorMessage does: its last line, without the module's name (G29)."""
    text = "".join(traceback.format_exception_only(type(error), error)).strip()
    lines = text.splitlines() or [type(error).__name__]
    head = lines[0]
    if isinstance(error, SyntaxError):
        return lines[-1]
    if len(lines) > 1 and lines[1].startswith(": "):  # Py4J puts Java's message on the second line
        head = f"{head} {lines[1][2:]}"
    name = type(error).__name__
    qualified = f"{type(error).__module__}.{type(error).__qualname__}"
    return head.replace(qualified, name, 1) if head.startswith(qualified) else head


def run(script: Path) -> None:
    """Run a script as `__main__`, with `sys.argv` already as it should see it."""
    main = types.ModuleType("__main__")
    main.__file__ = str(script)
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    code = compile(script.read_bytes(), str(script), "exec")
    exec(code, main.__dict__)  # noqa: S102 - running the user's script is what this is for


def refuse_ahead(script: Path) -> None:
    """Refuse calls that the script is sure to make and the library of Glue here lacks, before the script runs."""
    source = script.read_bytes()
    if b"awsglue" not in source:
        return
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("awsglue.unsupported_features").refuse(source)
    for name in [name for name in sys.modules if name.partition(".")[0] == "awsglue"]:
        del sys.modules[name]  # a script finds everything as if nothing had been loaded before it


def print_traceback(error: BaseException) -> None:
    """Print the traceback from the script's first frame on."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)


def main() -> None:
    """Run the script; exit 0 if it succeeds."""
    die_with_parent()
    bound_memory()
    reason_file, script = Path(sys.argv[1]), Path(sys.argv[2])
    del sys.argv[:2]
    importlib.import_module("ready_gateway").install()  # this file's folder is still the first on the path
    importlib.import_module("spark_catalog").install()
    sys.path[0] = str(script.parent)
    try:
        refuse_ahead(script)
        run(script)
    except SystemExit as exit_:
        if exit_.code not in (None, 0):
            reason_file.write_text(f"SystemExit: {exit_.code}", encoding="utf-8")
        raise
    except BaseException as error:
        reason_file.write_text(reason(error), encoding="utf-8", errors="replace")
        print_traceback(error)
        sys.exit(1)


if __name__ == "__main__":
    main()
