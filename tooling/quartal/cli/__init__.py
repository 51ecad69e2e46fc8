"""The `quartal` command: parses, calls one function, prints, and sets the exit code. No rules live here."""

import gc

__all__ = ["main"]


def main() -> None:
    """Run the command line and end the process with the exit code that the documentation promises."""
    # Importing makes many objects and no garbage, and a command is over soon: to look for cycles after every 700
    # objects takes several hundredths of a second and finds none.
    gc.set_threshold(50_000, *gc.get_threshold()[1:])
    from quartal.cli import app

    app.main()
