"""The logger that `GlueContext.get_logger` returns."""

import sys


class GlueLogger:
    """A logger that writes to standard error, the run's error log."""

    def _write(self, level: str, message: object) -> None:
        print(f"{level} GlueLogger: {message}", file=sys.stderr, flush=True)  # noqa: T201 - what it is for

    def debug(self, message: object) -> None:
        """Ignore the message: Glue's log level is INFO."""

    def info(self, message: object) -> None:
        """Log at INFO."""
        self._write("INFO", message)

    def warn(self, message: object) -> None:
        """Log at WARN."""
        self._write("WARN", message)

    warning = warn

    def error(self, message: object) -> None:
        """Log at ERROR."""
        self._write("ERROR", message)
