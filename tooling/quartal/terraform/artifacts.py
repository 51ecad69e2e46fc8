"""Builds what Terraform uploads: the job's script, its package as a zip, its requirements, and the contracts."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from quartal.contracts.yaml_quotes import with_quotes
from quartal.core.errors import ConfigurationError

# the earliest time that a zip can hold: equal sources make equal bytes, so an unchanged job is an unchanged plan
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_artifacts(root: Path, target: Path) -> Path:
    """Write `main.py`, `etl_job.zip`, `requirements.txt` and `contracts/` into `target`, replacing its content.

    Raises:
        ConfigurationError: a source file is missing.
    """
    package = root / "etl_job"
    contracts = sorted((root / "data" / "contracts").glob("*.yaml"))
    if not contracts:
        raise ConfigurationError(
            f"No data contract in {root / 'data' / 'contracts'}.", remedy="Add one: <dataset>.yaml."
        )
    shutil.rmtree(target, ignore_errors=True)
    (target / "contracts").mkdir(parents=True)
    for name in ("main.py", "requirements.txt"):
        source = package / name
        if not source.is_file():
            raise ConfigurationError(f"{source} is missing.", remedy="Restore it: git checkout -- etl_job")
        shutil.copyfile(source, target / name)
    for contract in contracts:
        (target / "contracts" / contract.name).write_bytes(_with_quotes(contract.read_bytes()))
    write_package_zip(package, target / "etl_job.zip")
    return target


def _with_quotes(contract: bytes) -> bytes:
    """A contract that Terraform reads as the job does; what is no UTF-8 stays as it is, for the job to refuse."""
    try:
        return with_quotes(contract.decode()).encode()
    except UnicodeDecodeError:
        return contract


def write_package_zip(package: Path, target: Path) -> None:
    """Zip a Python package so that the same sources always give the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for source in sorted(package.rglob("*.py")):
            entry = zipfile.ZipInfo(str(Path(package.name) / source.relative_to(package)).replace("\\", "/"), ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, source.read_bytes())
