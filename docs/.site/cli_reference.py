"""An mkdocs hook: the reference of the command line, as the commands themselves describe it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

PAGE = "reference/cli.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page, made by the Python that Quartal is installed in."""
    python = os.environ.get("QUARTAL_PYTHON")
    if not python:
        raise PluginError("QUARTAL_PYTHON must name the Python of Quartal's environment; build with `./nox -s docs`")
    command = [python, str(Path(__file__).with_name("command_reference.py"))]
    made = subprocess.run(
        command, cwd=Path(config.docs_dir).parent, capture_output=True, text=True, check=False, timeout=120
    )
    if made.returncode:
        raise PluginError(f"the command line cannot be described: {made.stderr.strip()}")
    files.append(File.generated(config, PAGE, content=made.stdout))
    return files
