"""The runtime of Glue 6.0 is made when a job needs it: the Glue service runs this file as a command for that."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TextIO

from quartal.core.errors import QuartalError
from quartal.core.settings import LOCALSTACK_ENVIRONMENT, Settings
from quartal.local.toolchain import environments


def variables(settings: Settings) -> dict[str, str]:
    """The variables for the Glue service: the Python of Glue 6.0, or the command that installs it."""
    environment = environments.glue_6_environment(settings)
    if environments.is_ready(settings, environment):
        return {"LOCALSTACK_GLUE_6_PYTHON": str(environments.environment_python(settings, environment))}
    places = (str(settings.root), str(settings.tools_dir), environment.python)
    return {"LOCALSTACK_GLUE_6_MAKE": json.dumps([sys.executable, "-m", __name__, *places])}


def main(root: str, tools_dir: str, python: str) -> int:
    """Create the environment unless it exists, and print its Python. Progress goes to stderr."""
    settings = Settings(
        root=Path(root),
        state_dir=Path(tools_dir).parent,
        tools_dir=Path(tools_dir),
        environment=LOCALSTACK_ENVIRONMENT,
        endpoint_url=None,
        environ=dict(os.environ),
    )
    try:
        installed = environments.ensure(
            settings,
            environments.spark_4_environment(settings, python),
            lambda line: _write_line(sys.stderr, line),
        )
    except QuartalError as error:
        _write_line(sys.stderr, " ".join(["error:", error.message, *error.details[-3:], error.remedy]))
        return 1
    _write_line(sys.stdout, str(installed))
    return 0


def _write_line(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
