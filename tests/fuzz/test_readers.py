"""A few seconds of what `python -m tests.fuzz --seconds 600` does for each reader."""

from contextlib import suppress

import pytest
from hypothesis import given, settings

from .readers import KEYS, OF_DOCUMENTS, OF_FILES, TOLD, documents, raw_keys

FEW = settings(max_examples=60, database=None)


@pytest.mark.parametrize("name", OF_DOCUMENTS)
def test_document_is_taken_or_refused_in_one_error(name):
    reader, document = OF_DOCUMENTS[name]

    @FEW
    @given(documents(document))
    def check(content: bytes) -> None:
        with suppress(*TOLD):
            reader(content)

    check()


@pytest.mark.parametrize("name", OF_FILES)
def test_file_is_taken_or_refused_in_one_error(name, tmp_path):
    reader, document = OF_FILES[name]

    @FEW
    @given(documents(document))
    def check(content: bytes) -> None:
        with suppress(*TOLD):
            reader(content, tmp_path)

    check()


@settings(FEW, max_examples=300)
@given(KEYS)
def test_file_below_the_raw_folder_is_in_a_delivery_or_named(keys):
    with suppress(*TOLD):
        raw_keys(keys)
