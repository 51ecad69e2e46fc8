"""Modules that lie in S3 as a zip of wheels, so that a run needs no package index (G28)."""

import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from localstack_glue.jobs.runtime import wheels_zip
from localstack_glue.jobs.runtime.arguments import RunIdentity
from localstack_glue.jobs.runtime.environment import RunRequest
from localstack_glue.jobs.runtime.files import JobPreparationError
from localstack_glue.jobs.runtime.modules import ModuleInstaller
from localstack_glue.jobs.runtime.preparation import prepare
from localstack_glue.service.clients import Credentials
from localstack_glue.service.settings import Settings

URI = "s3://lake/code/job.gluewheels.zip"


def wheel(folder: Path, name: str, requires: str = "") -> Path:
    """A wheel of one module, which says its own name."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", f"NAME = {name!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return file


def wheels(folder: Path, requirements: str) -> Path:
    """A zip of two wheels, of which the first needs the second."""
    folder.mkdir(exist_ok=True)
    archive = folder / "job.gluewheels.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for file in (wheel(folder, "quartal_first", "quartal_second"), wheel(folder, "quartal_second")):
            opened.write(file, f"wheels/{file.name}")
        opened.writestr("wheels/requirements.txt", requirements)
    return archive


class Lake:
    """An S3 that has one zip and, under every other name, an empty script."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive

    def download_file(self, bucket: str, key: str, target: str) -> None:
        if key.endswith(".zip"):
            shutil.copyfile(self._archive, target)
        else:
            Path(target).touch()


def prepared(tmp_path: Path, archive: Path, run: str = "run") -> list[str]:
    """The Python path of a run that has its modules from a zip of wheels."""
    request = RunRequest(
        identity=RunIdentity("etl", "j_1", run),
        command={"Name": "pythonshell", "ScriptLocation": "s3://lake/code/etl.py"},
        merged={"--additional-python-modules": URI, "--python-modules-installer-option": "--no-index"},
        worker_type="G.1X",
        workers=2,
        endpoint_url="http://127.0.0.1:4566",
        region="eu-west-1",
        credentials=Credentials("AKIA", "secret", "token"),
    )
    settings = Settings(python=Path(sys.executable), site_packages=(), java_home=None, jars_dir=None, work_dir=tmp_path)
    installer = ModuleInstaller(Path(sys.executable), tmp_path / "modules")
    launch = prepare(request, Lake(archive), settings, installer, tmp_path / run)
    return launch.environment["PYTHONPATH"].split(":")


def test_run_has_its_modules_from_the_zip_and_from_no_index(tmp_path, monkeypatch):  # G28
    for name in ("UV_INDEX_URL", "UV_DEFAULT_INDEX", "PIP_INDEX_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple")  # nothing listens there

    path = prepared(tmp_path, wheels(tmp_path / "lake", "# what the job imports\nquartal_first==1.0 # by name\n"))

    installed = {file.name for folder in path for file in Path(folder).glob("quartal_*.py")}
    assert installed == {"quartal_first.py", "quartal_second.py"}


def test_same_zip_is_installed_once(tmp_path):
    archive = wheels(tmp_path / "lake", "quartal_first\n")

    assert prepared(tmp_path, archive, "run-1") == prepared(tmp_path, archive, "run-2")


def test_installed_packages_are_not_installed_again(tmp_path):
    prepared(tmp_path, wheels(tmp_path / "lake", "pytest\n"))

    assert [folder.name.startswith("wheels-") for folder in (tmp_path / "modules").iterdir()] == [True]


def test_wheel_that_the_zip_lacks_fails_the_run(tmp_path):
    with pytest.raises(JobPreparationError, match="Failed to install additional Python modules"):
        prepared(tmp_path, wheels(tmp_path / "lake", "quartal_third\n"))


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "not a zip file"), ("requirements.txt", "lacks wheels/requirements.txt")]
)
def test_zip_of_another_form_is_refused(tmp_path, content, reason):
    archive = tmp_path / "x.gluewheels.zip"
    if content is None:
        archive.write_text("no zip")
    else:
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr(content, "quartal_first\n")

    with pytest.raises(JobPreparationError, match=reason):
        wheels_zip.unpack(archive, tmp_path / "modules")
