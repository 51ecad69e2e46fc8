"""The AWS provider: from a filesystem mirror if there is one, else from the Terraform registry."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from quartal.core.errors import ToolchainError
from quartal.core.settings import Settings
from quartal.local.toolchain.found import Found

MIRROR_VARIABLE = "QUARTAL_TERRAFORM_MIRROR"
PROVIDER_VERSION = "5.100.0"
_PROVIDER = Path("registry.terraform.io") / "hashicorp" / "aws"
_REMEDY = (
    "Give the machine access to the Terraform registry, or fill a mirror once with "
    f"`terraform providers mirror FOLDER` and set {MIRROR_VARIABLE}=FOLDER."
)


def find_mirror(environ: Mapping[str, str], *, home: Path, add_on_root: Path = Path("/opt")) -> tuple[Path, str] | None:
    """The first filesystem mirror that holds the AWS provider, and what named it.

    In order: the folder that `QUARTAL_TERRAFORM_MIRROR` names, Terraform's implied mirror folders, and an add-on folder
    below the FHS's /opt.
    Source: developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories

    Raises:
        ToolchainError: the variable names a folder that holds no AWS provider.
    """
    mirror = environ.get(MIRROR_VARIABLE)
    if mirror:
        if not (Path(mirror) / _PROVIDER).is_dir():
            raise ToolchainError(
                f"{MIRROR_VARIABLE}={mirror} holds no {_PROVIDER.as_posix()}.",
                remedy=f"Fill it with `terraform providers mirror {mirror}`, or unset the variable.",
            )
        return Path(mirror), MIRROR_VARIABLE
    for folder in _implied_mirrors(environ, home):
        if (folder / _PROVIDER).is_dir():
            return folder, "Terraform's implied mirror"
    if sys.platform != "win32" and add_on_root.is_dir():
        for folder in sorted(add_on_root.iterdir()):
            if (folder / _PROVIDER).is_dir():
                return folder, f"add-on folder in {add_on_root}"
    return None


def find_provider(settings: Settings) -> Found:
    """Where `terraform init` will take the AWS provider from."""
    name = "terraform aws provider"
    try:
        mirror = find_mirror(settings.environ, home=Path.home())
    except ToolchainError as error:
        return Found(name, False, remedy=f"{error.message} {error.remedy}")
    if mirror is None:
        return Found(name, True, PROVIDER_VERSION, "Terraform registry", "registry.terraform.io")
    folder, source = mirror
    versions = sorted(path.name for path in (folder / _PROVIDER).iterdir())
    if not any(version.startswith(PROVIDER_VERSION) or PROVIDER_VERSION in version for version in versions):
        return Found(
            name,
            False,
            ", ".join(versions),
            source,
            str(folder),
            f"The mirror lacks {PROVIDER_VERSION}. {_REMEDY}",
        )
    return Found(name, True, PROVIDER_VERSION, source, str(folder))


def write_cli_configuration(settings: Settings) -> Path:
    """A Terraform CLI configuration for Quartal's own runs; the user's file is neither read nor changed.

    Raises:
        ToolchainError: the named mirror is not one.
    """
    mirror = find_mirror(settings.environ, home=Path.home())
    lines = ["disable_checkpoint = true"]
    if mirror is not None:
        # the mirror serves what it holds; every other provider still comes from its registry
        lines += [
            "provider_installation {",
            f"  filesystem_mirror {{\n    path    = {json.dumps(str(mirror[0]))}",
            '    include = ["hashicorp/aws"]\n  }',
            '  direct {\n    exclude = ["hashicorp/aws"]\n  }',
            "}",
        ]
    path = settings.state_dir / "terraform" / "terraform.rc"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return path


def _implied_mirrors(environ: Mapping[str, str], home: Path) -> list[Path]:
    if sys.platform == "win32":
        return [
            Path(environ.get("APPDATA", home)) / "terraform.d" / "plugins",
            Path(environ.get("APPDATA", home)) / "HashiCorp" / "Terraform" / "plugins",
        ]
    if sys.platform == "darwin":
        return [
            home / ".terraform.d" / "plugins",
            home / "Library" / "Application Support" / "io.terraform" / "plugins",
            Path("/Library/Application Support/io.terraform/plugins"),
        ]
    data_dirs = (environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    data_home = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [
        home / ".terraform.d" / "plugins",
        data_home / "terraform" / "plugins",
        *(Path(folder) / "terraform" / "plugins" for folder in data_dirs if folder),
    ]
