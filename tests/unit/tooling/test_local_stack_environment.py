"""What a LocalStack that Quartal starts is told of the user's environment."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.local.local_stack import server
from quartal.local.local_stack.hosts import chosen_host


def test_installers_are_told_of_private_indexes_and_certificates_and_localstack_is_not(
    settings: Settings, tmp_path: Path
) -> None:
    of_installers = {"SSL_CERT_FILE": "/ca.pem", "PIP_INDEX_URL": "https://index", "UV_DEFAULT_INDEX": "https://index"}
    settings = replace(settings, environ={"PATH": "/bin", "SECRET": "x", **of_installers})

    environment = server._environment(settings, port=1, folder=tmp_path, job_python=tmp_path)

    assert json.loads(environment["LOCALSTACK_GLUE_INSTALLER_ENVIRONMENT"]) == of_installers
    assert not {"SECRET", *of_installers} & environment.keys()


def test_host_is_the_one_that_is_named_or_that_the_environment_names(settings: Settings) -> None:
    settings = replace(settings, environ={"QUARTAL_HOST": "standalone"})
    assert chosen_host(settings).name == "standalone"
    assert chosen_host(settings, "localstack").name == "localstack"
    assert chosen_host(replace(settings, environ={})).name == "localstack"


def test_host_that_nobody_knows_is_refused_by_name(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="'moon'") as refused:
        chosen_host(settings, "moon")
    assert "localstack, standalone" in refused.value.remedy
