"""What the service takes from the environment, and what it finds by itself."""

import sys
from pathlib import Path

from localstack_glue.service.settings import Settings


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
