"""The `quartal` command: parses, calls one function, prints, and sets the exit code. No rules live here."""

from quartal.cli.app import main

__all__ = ["main"]
