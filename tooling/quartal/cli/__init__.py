"""The `quartal` command: parses, calls one function, prints, and sets the exit code. No rules live here."""

import atexit
import gc

__all__ = ["main"]


def main() -> None:
    """Run the command line and end the process with the exit code that the documentation promises."""
    # Importing makes many objects and no garbage, and a command is over soon: to look for cycles after every 700
    # objects takes several hundredths of a second and finds none.
    gc.set_threshold(50_000, *gc.get_threshold()[1:])
    # At its end Python looks for cycles once more, twice, for a fifth of a second: what is frozen it leaves alone.
    atexit.register(gc.freeze)
    from quartal.cli import app

    app.main()
