"""Whether a working copy needs `terraform init`, which takes seconds: it hashes the provider several times.

Terraform checks on every command that backend, modules and provider are as `init` left them, the provider by the hashes
of the lock file. It does not notice other values of `-backend-config`, nor that an `init` would now choose something
else. So the record of an `init` names everything that it depends on, and a command that fails forgets it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from quartal.core.whole_files import write_whole
from quartal.terraform.working_copy import StagedRoot

_RECORD = "initialised.sha256"
_LOCK = ".terraform.lock.hcl"
_WORKING = ".terraform"


def is_initialised(staged: StagedRoot, binary: Path, env: Mapping[str, str]) -> bool:
    """Whether the last `init` of this working copy was for the same backend, modules, providers and Terraform.

    Args:
        staged: the working copy, staged as it will be used.
        binary: Terraform.
        env: its process environment, which names its CLI configuration.
    """
    try:
        recorded = _file(staged).read_text(encoding="ascii")
        return recorded == _hash(staged, binary, env) and _has_providers(staged.folder)
    except (OSError, ValueError):
        return False


def note_initialised(staged: StagedRoot, binary: Path, env: Mapping[str, str]) -> None:
    """Record a successful `init`; where that is impossible, the next command does it again."""
    with suppress(OSError):
        write_whole(_file(staged), _hash(staged, binary, env))


def forget_initialised(staged: StagedRoot) -> None:
    """Have the next command initialise the working copy again."""
    with suppress(OSError):
        _file(staged).unlink(missing_ok=True)


def _file(staged: StagedRoot) -> Path:
    return staged.folder / _WORKING / _RECORD  # where it goes with what `init` made


def _hash(staged: StagedRoot, binary: Path, env: Mapping[str, str]) -> str:
    """A hash over everything that `init` reads: configuration, lock, backend settings, mirror, Terraform itself."""
    digest = hashlib.sha256()
    program = binary.resolve()
    for part in (*staged.backend_config, str(program), str(program.stat().st_size)):
        digest.update(part.encode() + b"\0")
    for path in _inputs(staged, env):
        content = path.read_bytes() if path.is_file() else b""
        digest.update(str(path).encode() + b"\0" + hashlib.sha256(content).digest())
    return digest.hexdigest()


def _inputs(staged: StagedRoot, env: Mapping[str, str]) -> Iterator[Path]:
    for path in sorted(staged.folder.rglob("*")):
        is_configuration = path.name.endswith((".tf", ".tf.json")) or path.name == _LOCK
        if is_configuration and path.relative_to(staged.folder).parts[0] != _WORKING:
            yield path
    for value in staged.backend_config:
        if "=" not in value:
            yield staged.folder / value
    if "TF_CLI_CONFIG_FILE" in env:
        yield Path(env["TF_CLI_CONFIG_FILE"])


def _has_providers(folder: Path) -> bool:
    """Whether every provider is there: Terraform links those of a mirror, which may be gone by now."""
    # .terraform/providers/HOST/NAMESPACE/TYPE/VERSION/PLATFORM
    return all(path.is_dir() for path in (folder / _WORKING / "providers").glob("*/*/*/*/*"))
