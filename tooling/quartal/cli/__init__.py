"""The `quartal` command: parses, calls one function, prints, and sets the exit code. No rules live here."""

import atexit
import gc
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and end the process with the exit code that the documentation promises."""
    # Importing makes many objects and no garbage, and a command is over soon: to look for cycles after every 700
    # objects takes several hundredths of a second and finds none.
    gc.set_threshold(50_000, *gc.get_threshold()[1:])
    atexit.register(_spare_the_last_search)
    try:
        from quartal.cli import app
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # an installation that lacks something
        sys.exit(
            f"Error: Quartal cannot be loaded: {error}. Delete .nox/quartal and run `./nox`, which installs it again."
        )
    app.main()


def _spare_the_last_search() -> None:
    """Prevent two more garbage collections at exit, which take a fifth of a second.

    Not where DuckDB is loaded: it would report all that is not collected as leaks.
    """
    if "_duckdb" not in sys.modules:
        gc.freeze()
