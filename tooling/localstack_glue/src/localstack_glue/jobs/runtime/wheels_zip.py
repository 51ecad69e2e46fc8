"""A zip of wheels in `--additional-python-modules`: a small package index (G28).

Source of its form: docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html, "Appendix A: Creating
a Zip of Wheels Artifact". It contains one folder, `wheels/`, with the wheels and a `requirements.txt` that names those
that a run needs.
"""

import hashlib
import os
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from localstack_glue.jobs.runtime.files import JobPreparationError

SUFFIX = ".gluewheels.zip"
_FOLDER, _REQUIREMENTS = "wheels", "requirements.txt"


@dataclass(frozen=True, slots=True)
class WheelsZip:
    """The content of a zip of wheels: a folder for `pip --find-links`, and its requirements."""

    folder: Path
    requirements: tuple[str, ...]


def is_wheels_zip(module: str) -> bool:
    """Whether a module is one; Glue knows it by the end of its name."""
    return module.endswith(SUFFIX)


def unpack(archive: Path, cache: Path) -> WheelsZip:
    """Unpack a zip of wheels into the cache, each content once.

    Raises:
        JobPreparationError: it is not a zip, or has another form.
    """
    folder = cache / f"wheels-{hashlib.sha256(archive.read_bytes()).hexdigest()[:24]}"
    if not folder.is_dir():
        # built beside and then renamed: another run, or another LocalStack, may do the same
        building = cache / f"{folder.name}.{os.getpid()}.{archive.parent.parent.name}.partial"
        building.mkdir(parents=True)
        try:
            _extract(archive, building)
            if not folder.is_dir():
                building.rename(folder)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    text = (folder / _REQUIREMENTS).read_text(encoding="utf-8")
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    return WheelsZip(folder, tuple(line for line in lines if line and not line.startswith("#")))


def _extract(archive: Path, folder: Path) -> None:
    """Extract the wheels and the requirements, and nothing else."""
    try:
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                path = PurePosixPath(entry.filename)
                if path.parts[:1] == (_FOLDER,) and (path.suffix == ".whl" or path.name == _REQUIREMENTS):
                    (folder / path.name).write_bytes(opened.read(entry))
    except zipfile.BadZipFile as error:
        raise JobPreparationError(f"{archive.name} is not a zip of wheels: {error}") from error
    if not (folder / _REQUIREMENTS).is_file():
        raise JobPreparationError(f"{archive.name} is not a zip of wheels: it lacks {_FOLDER}/{_REQUIREMENTS}")
