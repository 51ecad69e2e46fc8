import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import etl_job
from quartal.core.errors import ConfigurationError
from quartal.terraform.artifacts import build_artifacts, write_package_zip


def test_equal_sources_make_equal_bytes_whatever_their_times(project: Path, tmp_path: Path):
    write_package_zip(project / "etl_job", tmp_path / "first.zip")
    os.utime(project / "etl_job" / "main.py", (1, 1))
    write_package_zip(project / "etl_job", tmp_path / "second.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_zip_holds_the_package_by_its_import_name(project: Path, tmp_path: Path):
    (project / "etl_job" / "__pycache__").mkdir()
    (project / "etl_job" / "__pycache__" / "main.pyc").touch()
    write_package_zip(project / "etl_job", tmp_path / "job.zip")
    assert zipfile.ZipFile(tmp_path / "job.zip").namelist() == ["etl_job/main.py"]


def test_artifacts_are_the_script_the_package_its_requirements_and_the_contracts(project: Path, tmp_path: Path):
    target = build_artifacts(project, tmp_path / "artifacts")
    made = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert made == {"main.py", "etl_job.zip", "requirements.txt", "contracts/sightings.yaml"}


def test_findings_load_from_the_zip_alone_and_nothing_heavy_with_them(tmp_path: Path):
    write_package_zip(Path(etl_job.__file__).parent, tmp_path / "etl_job.zip")
    lines = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'etl_job.zip')!r})",
        "from etl_job.findings import rules, run_facts",
        "heavy = ('boto3', 'botocore', 'pandas', 'pyarrow', 'pyspark', 'quartal')",
        "print(rules.__file__, *(name for name in heavy if name in sys.modules))",
    )
    ran = subprocess.run([sys.executable, "-I", "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == [f"{tmp_path}/etl_job.zip/etl_job/findings/rules.py"]


def test_deleted_contract_is_removed_from_the_artifacts(project: Path, tmp_path: Path):
    build_artifacts(project, tmp_path / "artifacts")
    (project / "data/contracts/sightings.yaml").rename(project / "data/contracts/other.yaml")
    target = build_artifacts(project, tmp_path / "artifacts")
    assert [path.name for path in (target / "contracts").iterdir()] == ["other.yaml"]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        pytest.param(
            "- name: y # up\n- {name: n, a: [Y, x]}\n", "- name: 'y' # up\n- {name: 'n', a: ['Y', x]}\n", id="yes"
        ),
        pytest.param("- 1e3\n- 010\n- 2024-1-1\n- 0o17\n", "- '1e3'\n- '010'\n- '2024-1-1'\n- '0o17'\n", id="number"),
        pytest.param("# y\na: &y 'y'\nb: *y\nc: yes\nd: 10\ne: |\n  y\n", None, id="nothing to quote"),
        pytest.param("a: !!str y\n", None, id="its type is named"),
        pytest.param("\ufeffa: é\r\nb: n\r\n", "\ufeffa: é\r\nb: 'n'\r\n", id="mark and line ends"),
        pytest.param("a: [y\n", None, id="no YAML"),
    ],
)
def test_texts_that_terraform_would_read_otherwise_are_quoted(project: Path, tmp_path: Path, text, quoted):
    (project / "data/contracts/sightings.yaml").write_bytes(text.encode())
    target = build_artifacts(project, tmp_path / "artifacts")
    assert (target / "contracts/sightings.yaml").read_bytes().decode() == (quoted or text)


def test_contract_that_is_no_text_is_left_to_the_job(project: Path, tmp_path: Path):
    (project / "data/contracts/sightings.yaml").write_bytes(b"a: \xff\n")
    target = build_artifacts(project, tmp_path / "artifacts")
    assert (target / "contracts/sightings.yaml").read_bytes() == b"a: \xff\n"


def test_missing_script_is_named(project: Path, tmp_path: Path):
    (project / "etl_job/main.py").unlink()
    with pytest.raises(ConfigurationError, match=r"main\.py is missing"):
        build_artifacts(project, tmp_path / "artifacts")


def test_project_without_a_contract_is_refused(project: Path, tmp_path: Path):
    (project / "data/contracts/sightings.yaml").unlink()
    with pytest.raises(ConfigurationError, match="No data contract"):
        build_artifacts(project, tmp_path / "artifacts")
