from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.unit.localstack_glue.crawls.crawled_lake import CrawledLake


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[CrawledLake]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield CrawledLake()
