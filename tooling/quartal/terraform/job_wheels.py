"""The job's Python packages as one file in the lake, for a network from which Glue does not reach PyPI.

Glue 5.0 and newer installs from a "zip of wheels": a folder `wheels/` with every wheel, of the packages that those need
too, and with the `requirements.txt` that says what to install. Source of the form, of the Python and of the platforms:
docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html, appendices A and B.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from quartal.core.errors import CommandError, ConfigurationError, ToolchainError
from quartal.core.process import run
from quartal.core.settings import Settings
from quartal.terraform.artifacts import ZIP_EPOCH

WHEELS_ZIP = "etl_job.gluewheels.zip"
REQUIREMENTS, LOCK = "requirements.txt", "requirements.lock"

_PYTHON = "3.11"
_PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux2014_x86_64")
_DOWNLOAD_TIMEOUT_S = 900
_ASKS = re.compile(r"^private_network\s*=\s*(?!null\b)\S", re.MULTILINE)
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def needs_wheels(settings: Settings) -> bool:
    """Whether the environment's variables, or TF_VAR_private_network, put the job into a private network."""
    file = settings.infra_dir / "environments" / f"{settings.environment}.tfvars"
    private_network = settings.environ.get("TF_VAR_private_network", "null").strip()
    return private_network not in {"", "null"} or (file.is_file() and _ASKS.search(file.read_text("utf-8")) is not None)


def build_wheels_zip(package: Path, cache: Path, environ: Mapping[str, str]) -> Path:
    """Download the packages pinned in `requirements.lock`, and zip them; the same pins give the same bytes.

    Args:
        package: the folder of the job, with its requirements and their lock.
        cache: where the zips are kept.
        environ: may name pip's package index; the default is PyPI.

    Returns:
        The zip.

    Raises:
        ConfigurationError: there is no lock, or it does not pin what the requirements ask for.
        ToolchainError: the packages could not be downloaded.
    """
    requirements, lock = (_read(package / name) for name in (REQUIREMENTS, LOCK))
    _refuse_stale(requirements, lock)
    key = hashlib.sha256("\0".join([requirements, lock, _PYTHON, *_PLATFORMS]).encode()).hexdigest()[:24]
    target = cache / f"{key}-{WHEELS_ZIP}"
    if target.is_file():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        wheels, built = Path(scratch) / "wheels", Path(scratch) / WHEELS_ZIP
        _download(package / LOCK, wheels, environ)
        write_wheels_zip(requirements, wheels, built)
        built.replace(target)
    return target


def stage_wheels(settings: Settings, artifacts: Path) -> None:
    """Put the zip of wheels next to the other artifacts, if the environment needs it.

    Raises:
        ConfigurationError: there is no lock, or it does not pin what the requirements ask for.
        ToolchainError: the packages could not be downloaded.
    """
    if needs_wheels(settings):
        package, cache = settings.root / "etl_job", settings.state_dir / "wheels"
        shutil.copyfile(build_wheels_zip(package, cache, settings.environ), artifacts / WHEELS_ZIP)


def write_wheels_zip(requirements: str, wheels: Path, target: Path) -> None:
    """Zip a folder's wheels in the form that Glue knows; a wheel is compressed already."""
    with zipfile.ZipFile(target, "w") as archive:
        files = {f"wheels/{file.name}": file.read_bytes() for file in wheels.glob("*.whl")}
        for name, content in sorted({**files, f"wheels/{REQUIREMENTS}": requirements.encode()}.items()):
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.create_system = 3  # Unix, independently of this machine
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"A private network needs {file}, which cannot be read.", remedy="Create it: `./nox -s lock -- job`."
        ) from error


def _refuse_stale(requirements: str, lock: str) -> None:
    from packaging.requirements import Requirement  # which commands that stage no wheels need not load
    from packaging.utils import canonicalize_name

    pinned = {canonicalize_name(name): version for name, version in _PINNED.findall(lock)}
    for line in requirements.splitlines():
        wanted = line.partition("#")[0].strip()
        if not wanted:
            continue
        requirement = Requirement(wanted)
        version = pinned.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            raise ConfigurationError(
                f"etl_job/{LOCK} pins {requirement.name} {version or 'not at all'}, "
                f"and etl_job/{REQUIREMENTS} asks for {wanted}.",
                remedy="Update the lock: `./nox -s lock -- job`.",
            )


def _download(lock: Path, folder: Path, environ: Mapping[str, str]) -> None:
    """Fetch each pinned wheel for Glue's Python, on any kind of machine; the hashes of the lock are checked."""
    options = [word for platform in _PLATFORMS for word in ("--platform", platform)]
    options += ["--python-version", _PYTHON, "--implementation", "cp", "--only-binary", ":all:"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--requirement", str(lock), "--dest", str(folder), *options]
    try:
        run(command, env=environ, timeout_s=_DOWNLOAD_TIMEOUT_S)
    except CommandError as error:
        raise ToolchainError(
            "The job's Python packages could not be downloaded for a private network.",
            remedy="Reach PyPI, or name an index that has them in PIP_INDEX_URL; then run the command again.",
            details=error.details,
        ) from error
