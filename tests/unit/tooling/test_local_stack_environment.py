"""What a LocalStack that Quartal starts is told of the user's environment."""

import json
from dataclasses import replace
from pathlib import Path

from quartal.core.settings import Settings
from quartal.local.local_stack import server


def test_installers_are_told_of_private_indexes_and_certificates_and_localstack_is_not(
    settings: Settings, tmp_path: Path
) -> None:
    of_installers = {"SSL_CERT_FILE": "/ca.pem", "PIP_INDEX_URL": "https://index", "UV_DEFAULT_INDEX": "https://index"}
    settings = replace(settings, environ={"PATH": "/bin", "SECRET": "x", **of_installers})

    environment = server._environment(settings, port=1, folder=tmp_path, job_python=tmp_path)

    assert json.loads(environment["LOCALSTACK_GLUE_INSTALLER_ENVIRONMENT"]) == of_installers
    assert not {"SECRET", *of_installers} & environment.keys()
