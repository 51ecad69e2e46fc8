"""The adjustments for older Pythons and for the environment."""

import subprocess
import sys
import uuid
from pathlib import Path

from localstack_glue.hosts.localstack import python_versions
from localstack_glue.service.settings import Settings


def test_uuid5_takes_bytes_as_from_python_3_12_on():
    namespace = uuid.UUID(int=1)

    assert python_versions._uuid5_accepting_bytes(namespace, b"name") == python_versions._uuid5_accepting_bytes(
        namespace, "name"
    )
    assert python_versions._uuid5_accepting_bytes(namespace, "name") == uuid.UUID(
        "cf166956-1dd4-5fab-851c-3e78c5984057"
    )


def test_localstack_imports_after_the_remedies():
    script = "from localstack_glue.hosts.localstack import python_versions; python_versions.apply(); "
    script += "import localstack.packages.api, threading, uuid; "
    script += "threading.Lock(); print(uuid.uuid5(uuid.UUID(int=1), b'name'))"

    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert answer.stdout.strip() == "cf166956-1dd4-5fab-851c-3e78c5984057"


def test_settings_take_what_the_environment_names(tmp_path):
    environ = {
        "LOCALSTACK_GLUE_PYTHON": str(tmp_path / "nowhere" / "python"),
        "LOCALSTACK_GLUE_JAVA_HOME": str(tmp_path / "java"),
        "LOCALSTACK_GLUE_JARS": str(tmp_path / "jars"),
        "LOCALSTACK_GLUE_WORK_DIR": str(tmp_path / "work"),
    }
    settings = Settings.from_env(environ, tmp_path / "default")

    assert (settings.java_home, settings.jars_dir) == (tmp_path / "java", tmp_path / "jars")
    assert settings.work_dir == tmp_path / "work"
    missing = settings.missing_for_spark()
    assert missing is not None
    assert "LOCALSTACK_GLUE_PYTHON" in missing


def test_settings_find_the_runtime_inside_its_python(tmp_path):
    settings = Settings.from_env({"PATH": ""}, tmp_path)

    assert settings.python == Path(sys.executable)
    assert any((folder / "moto").is_dir() for folder in settings.site_packages)
    assert settings.work_dir == tmp_path
