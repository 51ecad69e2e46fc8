from types import SimpleNamespace

import pytest

from quartal.core.console import Console
from quartal.workspace import Workspace
from tests.unit.quartal.runs.stubbed_aws import DEPLOYMENT, Aws


@pytest.fixture
def aws():
    made = Aws()
    yield made
    for stub in made.stubs.values():
        stub.assert_no_pending_responses()


@pytest.fixture
def workspace(aws, settings):
    def open_it(*, as_json: bool = False) -> Workspace:
        made = Workspace(settings, Console(as_json=as_json))
        clients = aws.clients | {"glue_once": aws.clients["glue"]}
        connection = SimpleNamespace(**{name: lambda client=client: client for name, client in clients.items()})
        vars(made).update(deployment=DEPLOYMENT, connection=connection)  # which it would look up
        return made

    return open_it
