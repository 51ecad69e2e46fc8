"""Archive of Java's classes: complete or absent, with a reason. Small scripts replace Java and PySpark."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from localstack_glue.jobs import class_archive
from localstack_glue.jobs.class_archive import ClassArchiveError, make
from localstack_glue.service.settings import S3A_JARS, Settings

# leaves the archive that its properties name when its input ends, as Java does
JAVA = f"""#!{sys.executable}
import re, sys
properties = open(sys.argv[sys.argv.index("--properties-file") + 1]).read()
BEGINS
sys.stdin.read()
LEAVES
"""
WHOLE = 'open(re.search("ArchiveClassesAtExit=([^\\"]+)", properties)[1], "w").write("classes")'
NONE = 'sys.exit("no room for the archive")'


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    site, jars = tmp_path / "site-packages", tmp_path / "jars"
    (site / "pyspark" / "bin").mkdir(parents=True)
    jars.mkdir()
    for jar in S3A_JARS:
        (jars / jar).touch()
    plays(monkeypatch, tmp_path, "")
    return Settings(Path(sys.executable), (site,), tmp_path / "java", jars, tmp_path / "work")


def plays(monkeypatch: pytest.MonkeyPatch, folder: Path, loading: str) -> None:
    script = folder / "loading.py"
    script.write_text(loading)
    monkeypatch.setattr(class_archive, "class_loading", SimpleNamespace(__file__=str(script)))


def java(settings: Settings, leaves: str, begins: str = "") -> None:
    submit = settings.site_packages[0] / "pyspark" / "bin" / "spark-submit"
    submit.write_text(JAVA.replace("LEAVES", leaves).replace("BEGINS", begins))
    submit.chmod(0o755)


def test_archive_is_what_java_leaves_at_its_end(settings, tmp_path):
    java(settings, WHOLE)
    make(settings, tmp_path / "made" / "classes.jsa")
    assert [(file.name, file.read_text()) for file in (tmp_path / "made").iterdir()] == [("classes.jsa", "classes")]


def test_java_without_an_archive_is_an_error_with_its_output(settings, tmp_path):
    java(settings, NONE)
    with pytest.raises(ClassArchiveError, match="no room for the archive"):
        make(settings, tmp_path / "made" / "classes.jsa")
    assert not list((tmp_path / "made").iterdir())


def test_archive_of_half_the_classes_is_not_kept(settings, tmp_path, monkeypatch):
    made = tmp_path / "made"
    java(settings, NONE, begins=WHOLE)
    waits = f"import pathlib, sys, time\nwhile not list(pathlib.Path({str(made)!r}).iterdir()):\n    time.sleep(0.01)\n"
    plays(monkeypatch, tmp_path, f"{waits}sys.exit('no session')")
    with pytest.raises(ClassArchiveError, match="no session"):
        make(settings, made / "classes.jsa")
    assert not list(made.iterdir())


def test_machine_without_spark_reports_what_is_missing(settings, tmp_path):
    (settings.site_packages[0] / "pyspark" / "bin").rmdir()
    (settings.site_packages[0] / "pyspark").rmdir()
    with pytest.raises(ClassArchiveError, match="no pyspark"):
        make(settings, tmp_path / "made" / "classes.jsa")
    assert not (tmp_path / "made").exists()
