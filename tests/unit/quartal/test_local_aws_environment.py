"""The environment variables that a LocalStack of Quartal gets."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.local.local_aws import server
from quartal.local.local_aws.hosts import chosen_host
from quartal.local.toolchain import environments, glue_6


def test_installers_get_private_indexes_and_certificates_and_localstack_does_not(
    settings: Settings, tmp_path: Path
) -> None:
    of_installers = {"SSL_CERT_FILE": "/ca.pem", "PIP_INDEX_URL": "https://index", "UV_DEFAULT_INDEX": "https://index"}
    settings = replace(settings, environ={"PATH": "/bin", "SECRET": "x", **of_installers})

    environment = server._environment(settings, port=1, folder=tmp_path, job_python=tmp_path)

    assert json.loads(environment["LOCALSTACK_GLUE_INSTALLER_ENVIRONMENT"]) == of_installers
    assert not {"SECRET", *of_installers} & environment.keys()


def test_runtime_of_glue_6_is_named_where_it_is_there_and_otherwise_how_to_make_it(settings: Settings) -> None:
    environment = environments.glue_6_environment(settings)
    folder, python = (
        environments.environment_folder(settings, environment),
        environments.environment_python(settings, environment),
    )
    folder.mkdir(parents=True)

    (make,) = glue_6.variables(settings).values()  # made half, by another command that is at it
    places = [str(settings.root), str(settings.tools_dir), environment.python]
    assert json.loads(make)[1:] == ["-m", glue_6.__name__, *places]

    (folder / "ready").touch()
    assert glue_6.variables(settings) == {"LOCALSTACK_GLUE_6_PYTHON": str(python)}


def test_installing_the_runtime_of_glue_6_prints_only_its_path(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = environments.glue_6_environment(settings)
    folder = environments.environment_folder(settings, environment)
    folder.mkdir(parents=True)
    (folder / "ready").touch()

    assert glue_6.main(str(settings.root), str(settings.tools_dir), environment.python) == 0
    assert capsys.readouterr().out == f"{environments.environment_python(settings, environment)}\n"

    (settings.root / "requirements" / "spark-4.txt").unlink()
    assert glue_6.main(str(settings.root), str(settings.tools_dir), environment.python) == 1
    assert "spark-4.txt is missing" in capsys.readouterr().err


def test_runtime_of_glue_6_that_the_user_names_is_theirs(settings: Settings, tmp_path: Path) -> None:
    settings = replace(settings, environ={"LOCALSTACK_GLUE_6_PYTHON": "/own/python"})
    environment = server._environment(settings, port=1, folder=tmp_path, job_python=tmp_path)
    assert environment["LOCALSTACK_GLUE_6_PYTHON"] == "/own/python"
    assert "LOCALSTACK_GLUE_6_MAKE" not in environment


def test_local_stack_is_told_how_to_make_the_runtime_of_glue_6(settings: Settings, tmp_path: Path) -> None:
    environment = server._environment(settings, port=1, folder=tmp_path, job_python=tmp_path)
    assert glue_6.variables(settings).items() <= environment.items()
    assert "LOCALSTACK_GLUE_6_MAKE" in environment


def test_host_is_the_one_that_is_named_or_that_the_environment_names(settings: Settings) -> None:
    settings = replace(settings, environ={"QUARTAL_HOST": "standalone"})
    assert chosen_host(settings).name == "standalone"
    assert chosen_host(settings, "localstack").name == "localstack"
    assert chosen_host(replace(settings, environ={})).name == "localstack"


def test_unknown_host_is_refused_by_name(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="'moon'") as refused:
        chosen_host(settings, "moon")
    assert "localstack, localemu, standalone" in refused.value.remedy
