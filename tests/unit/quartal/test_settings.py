from pathlib import Path

import pytest

from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings


def test_project_is_found_from_a_folder_inside_it(project: Path):
    assert Settings.from_env({}, cwd=project / "data" / "contracts").root == project


def test_folder_outside_a_project_is_refused_with_the_remedy(tmp_path: Path):
    with pytest.raises(ConfigurationError) as error:
        Settings.from_env({}, cwd=tmp_path)
    assert "QUARTAL_PROJECT_DIR" in error.value.remedy


def test_unknown_environment_is_refused_with_the_known_ones(project: Path):
    with pytest.raises(ConfigurationError, match="no environment 'staging'") as error:
        Settings.from_env({}, environment="staging", cwd=project)
    assert "localstack" in error.value.remedy


def test_environment_on_the_command_line_wins_over_the_variable(project: Path):
    (project / "infra/environments/dev.tfvars").touch()
    settings = Settings.from_env({"QUARTAL_ENV": "dev"}, environment="localstack", cwd=project)
    assert settings.environment == "localstack"
    assert Settings.from_env({"QUARTAL_ENV": "dev"}, cwd=project).environment == "dev"


def test_empty_endpoint_variable_counts_as_none(project: Path):
    assert Settings.from_env({"AWS_ENDPOINT_URL": " "}, cwd=project).endpoint_url is None


def test_trailing_slash_of_the_endpoint_is_dropped(project: Path):
    settings = Settings.from_env({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566/"}, cwd=project)
    assert settings.endpoint_url == "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    "url", ["localhost:4566", "http://", "ftp://x", "http://a b:1", "http://x:99999", "http://[::1"]
)
def test_endpoint_that_is_no_url_is_refused_by_its_variable(project: Path, url: str):
    with pytest.raises(ConfigurationError, match=r"AWS_ENDPOINT_URL=.* is not a valid URL") as error:
        Settings.from_env({"AWS_ENDPOINT_URL": url}, cwd=project)
    assert "http://localhost:4566" in error.value.remedy


@pytest.mark.parametrize(
    "url", ["https://user:secret@glue.example.org", "http://[::1]:4566", "http://127.0.0.1:4566/path"]
)
def test_endpoint_is_kept_as_it_is(project: Path, url: str):
    assert Settings.from_env({"AWS_ENDPOINT_URL": url}, cwd=project).endpoint_url == url
