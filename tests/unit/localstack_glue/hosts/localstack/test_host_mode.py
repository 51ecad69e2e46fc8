import pytest
from localstack.services.s3.storage.ephemeral import EphemeralS3ObjectStore

from localstack_glue.hosts.localstack import host_mode


def test_s3_objects_are_in_the_folder_of_this_localstack(tmp_path, monkeypatch):
    monkeypatch.setattr(EphemeralS3ObjectStore, "__init__", EphemeralS3ObjectStore.__init__)
    host_mode.keep_s3_objects_in(tmp_path / "own")
    store = EphemeralS3ObjectStore("/tmp/one-folder-for-all")
    assert store.root_directory == str(tmp_path / "own")
    assert (tmp_path / "own").is_dir()


@pytest.mark.parametrize(
    ("host", "interface"),
    [
        pytest.param("127.0.0.1", "127.0.0.1", id="loopback"),
        pytest.param("localhost", "127.0.0.1", id="its-name"),
        pytest.param("0.0.0.0", "0.0.0.0", id="a-container"),
        pytest.param("localhost.localstack.cloud", "", id="a-name-that-is-not-this-machines"),
    ],
)
def test_gateway_binds_to_the_interface_that_was_named(host, interface):
    assert host_mode.bind_address(host) == interface
