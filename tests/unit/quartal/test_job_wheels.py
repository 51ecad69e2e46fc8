"""The zip of wheels that a job in a private network starts from."""

import ast
import hashlib
import os
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from quartal.core.errors import ConfigurationError, ToolchainError
from quartal.core.settings import Settings
from quartal.terraform.job_wheels import build_wheels_zip, needs_wheels
from quartal.terraform.working_copy import stage

PROJECT = Path(__file__).parents[3]
NAME = "thing-2.0-py3-none-any.whl"


@pytest.fixture
def packages(project: Path, tmp_path: Path) -> dict[str, str]:
    """The project's job needs one package, and the environment leads pip to a folder that has it."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / NAME, "w") as archive:
        archive.writestr("thing-2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 2.0\n")
        archive.writestr("thing-2.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("thing-2.0.dist-info/RECORD", "")
    digest = hashlib.sha256((folder / NAME).read_bytes()).hexdigest()
    (project / "etl_job/requirements.txt").write_text("thing[extra]>=2 # what it is for\n")
    (project / "etl_job/requirements.lock").write_text(f"thing==2.0 \\\n    --hash=sha256:{digest}\n")
    return {"PATH": os.environ["PATH"], "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}


def private(project: Path, **environ: str) -> Settings:
    variables = project / "infra/environments/localstack.tfvars"
    variables.write_text('prefix = "local"\nprivate_network = {\n  cidr_block = "10.0.0.0/24"\n}\n')
    return Settings.from_env(environ, environment="localstack", cwd=project)


def test_zip_has_the_form_that_glue_knows(project: Path, tmp_path: Path, packages: dict[str, str]):
    made = build_wheels_zip(project / "etl_job", tmp_path / "cache", packages)
    assert made.name.endswith(".gluewheels.zip")
    with zipfile.ZipFile(made) as archive:
        assert archive.namelist() == ["wheels/requirements.txt", f"wheels/{NAME}"]
        assert archive.read("wheels/requirements.txt") == b"thing[extra]>=2 # what it is for\n"


def test_equal_pins_make_equal_bytes_and_are_downloaded_once(project: Path, tmp_path: Path, packages: dict[str, str]):
    first = build_wheels_zip(project / "etl_job", tmp_path / "one", packages)
    second = build_wheels_zip(project / "etl_job", tmp_path / "two", packages)
    assert first.read_bytes() == second.read_bytes()
    assert build_wheels_zip(project / "etl_job", tmp_path / "one", {"PIP_NO_INDEX": "1"}) == first


def test_wheel_of_another_content_than_the_locks_is_refused(project: Path, tmp_path: Path, packages: dict[str, str]):
    lock = project / "etl_job/requirements.lock"
    lock.write_text(lock.read_text().replace("sha256:", "sha256:0")[:-2] + "\n")
    with pytest.raises(ToolchainError, match="could not be downloaded"):
        build_wheels_zip(project / "etl_job", tmp_path / "cache", packages)
    assert list((tmp_path / "cache").iterdir()) == []


def test_package_that_no_index_has_is_one_message(project: Path, tmp_path: Path, packages: dict[str, str]):
    with pytest.raises(ToolchainError, match="could not be downloaded") as error:
        build_wheels_zip(project / "etl_job", tmp_path / "cache", packages | {"PIP_FIND_LINKS": str(tmp_path)})
    assert "PIP_INDEX_URL" in error.value.remedy
    assert "thing==2.0" in "\n".join(error.value.details)


@pytest.mark.parametrize("wanted", ["thing==1.0", "other"])
def test_lock_that_does_not_pin_a_requested_package_is_refused(
    project: Path, tmp_path: Path, packages: dict[str, str], wanted: str
):
    (project / "etl_job/requirements.txt").write_text(f"{wanted}\n")
    with pytest.raises(ConfigurationError, match=f"asks for {wanted}") as error:
        build_wheels_zip(project / "etl_job", tmp_path / "cache", packages)
    assert "nox -s lock" in error.value.remedy


def test_missing_lock_is_reported_with_how_to_write_one(project: Path, tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"requirements\.lock, which cannot be read") as error:
        build_wheels_zip(project / "etl_job", tmp_path / "cache", {})
    assert "nox -s lock" in error.value.remedy


def test_only_an_environment_with_a_private_network_is_staged_with_wheels(project: Path, packages: dict[str, str]):
    plain = Settings.from_env(packages, environment="localstack", cwd=project)
    assert not (stage(plain).folder / "artifacts" / "etl_job.gluewheels.zip").exists()
    staged = stage(private(project, **packages))
    assert zipfile.is_zipfile(staged.folder / "artifacts" / "etl_job.gluewheels.zip")


@pytest.mark.parametrize(("value", "needs"), [("null", False), ("", False), ('{"cidr_block":"10.0.0.0/24"}', True)])
def test_process_environment_variable_requests_wheels_too(project: Path, value: str, needs: bool):
    settings = Settings.from_env({"TF_VAR_private_network": value}, environment="localstack", cwd=project)
    assert needs_wheels(settings) is needs


def test_null_in_the_environments_file_requests_no_wheels(project: Path):
    (project / "infra/environments/localstack.tfvars").write_text("private_network = null\n")
    assert not needs_wheels(Settings.from_env({}, environment="localstack", cwd=project))


def test_lock_of_the_job_pins_its_requirements():
    lock = (PROJECT / "etl_job/requirements.lock").read_text()
    lines = [line.partition("#")[0].strip() for line in (PROJECT / "etl_job/requirements.txt").read_text().splitlines()]
    wanted = [Requirement(line) for line in lines if line]
    assert wanted
    for requirement in wanted:
        assert f"\n{requirement.name}{requirement.specifier} \\\n" in f"\n{lock}"


def test_job_imports_only_packages_of_glue_or_its_requirements():
    of_glue = {"awsglue", "boto3", "botocore", "numpy", "py4j", "pyspark", "urllib3"}  # the last as botocore's own
    lines = [line.partition("#")[0].strip() for line in (PROJECT / "etl_job/requirements.txt").read_text().splitlines()]
    asked = {{"pyyaml": "yaml"}.get(name, name) for name in (Requirement(line).name for line in lines if line)}
    imported = {
        name.partition(".")[0]
        for path in (PROJECT / "etl_job").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported(node)
    }
    others = {name for name in imported if name not in sys.stdlib_module_names and not name.startswith("mypy_boto3")}
    assert others - {"etl_job"} - of_glue == asked


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
