"""What `GlueContext.get_logger` answers."""

import sys


class GlueLogger:
    """Lines on standard error, which is the run's error log."""

    def _write(self, level: str, message: object) -> None:
        print(f"{level} GlueLogger: {message}", file=sys.stderr, flush=True)  # noqa: T201 - what it is for

    def debug(self, message: object) -> None:
        """Say nothing: Glue's log level is INFO."""

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
