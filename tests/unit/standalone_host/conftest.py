"""The stand-alone host and the lake of its tests.

They are played in Quartal's environment: there is the moto that this host is made for.
"""

import os
import sys
from pathlib import Path

import pytest
from moto.core.config import default_user_config
from moto.events.responses import EventsHandler
from moto.s3.models import FakeBucket
from moto.server import ThreadedMotoServer

if (SOURCE := str(Path(__file__).parents[3] / "tooling/localstack_glue/src")) not in sys.path:
    sys.path.append(SOURCE)  # the service is a separate distribution

from localstack_glue.hosts.standalone import moto_backend
from localstack_glue.hosts.standalone.server import serve
from tests.unit.standalone_host.place import Place


@pytest.fixture(scope="module", autouse=True)
def motos_own():
    """Restore moto after the tests: a server changes it in its process."""
    with pytest.MonkeyPatch.context() as patch:
        replaced = [(owner, name) for owner, name, _ in moto_backend.REPLACED]
        for owner, name in ((EventsHandler, "test_event_pattern"), (FakeBucket, "get_permission"), *replaced):
            patch.setattr(owner, name, getattr(owner, name))
        patch.setitem(default_user_config, "iam", default_user_config["iam"])
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    backend = "http://{}:{}".format(*moto.get_host_and_port())
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("LOCALSTACK_GLUE")}
    folder = tmp_path_factory.mktemp("gateway")
    server = serve(0, folder / "work", backend, folder / "state")
    try:
        yield Place(server.url, backend, server.apis["glue"])
    finally:
        server.close()
        moto.stop()
        os.environ.update(before)


@pytest.fixture(scope="module")
def lake(place):
    s3 = place.client("s3")
    s3.create_bucket(Bucket="lake")
    for key in ("open/a.csv", "shut/a.csv"):
        s3.put_object(Bucket="lake", Key=key, Body=b"a\n1\n")
    return s3
