from pathlib import Path

import pytest
from localstack.aws import spec
from localstack.aws.spec import ServiceCatalogIndex, ServiceModelIdentifier

from localstack_glue.hosts.localstack import service_index

NAME = "service-catalog-4_13_1-1_42_34.dill"
S3 = ServiceModelIdentifier("s3", "rest-xml", None)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files for which LocalStack built its index."""
    files: list[str] = []

    def build(file_path: str) -> ServiceCatalogIndex:
        files.append(file_path)
        return spec.save_service_index_cache(ServiceCatalogIndex(["s3"], {}, {"s3": [S3]}, {}, {}), file_path)

    monkeypatch.setattr(spec, "build_service_index_cache", build)
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    return files


def _first_request(volume: Path) -> ServiceCatalogIndex:
    volume.mkdir()
    return spec.build_service_index_cache(str(volume / NAME))


def test_index_is_built_at_the_first_start_and_read_at_later_ones(tmp_path, built):
    (tmp_path / "kept").mkdir()
    service_index.keep(tmp_path / "kept")

    first, second = _first_request(tmp_path / "1"), _first_request(tmp_path / "2")

    assert first == second
    assert second.signing_name_index == {"s3": [S3]}
    assert built == [str(tmp_path / "1" / NAME)]
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [NAME]


def test_damaged_index_is_built_again_and_replaced(tmp_path, built):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / NAME).write_bytes(b"\x80\x04half")
    service_index.keep(tmp_path / "kept")

    assert _first_request(tmp_path / "1").service_names == ["s3"]
    assert _first_request(tmp_path / "2").service_names == ["s3"]
    assert built == [str(tmp_path / "1" / NAME)]


def test_index_is_built_each_time_where_it_cannot_be_kept(tmp_path, built):
    service_index.keep(tmp_path / "missing")

    assert _first_request(tmp_path / "1") == _first_request(tmp_path / "2")
    assert len(built) == 2


def test_index_is_not_kept_where_python_writes_no_bytecode(tmp_path, built, monkeypatch):
    (tmp_path / "kept").mkdir()
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    service_index.keep(tmp_path / "kept")

    _first_request(tmp_path / "1")

    assert list((tmp_path / "kept").iterdir()) == []
