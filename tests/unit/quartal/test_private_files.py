"""What holds states, logs or a plan's values is for its owner alone."""

from __future__ import annotations

import stat
import sys

import pytest

from quartal.core.whole_files import write_whole
from quartal.deploy.bootstrap import holds_bucket

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")


@posix
def test_private_file_is_for_its_owner_even_where_another_was_there(tmp_path):
    path = tmp_path / "record.json"
    path.touch(0o644)
    write_whole(path, "{}", owner_only=True)
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("{}", 0o600)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('{"resources": [{"type": "aws_s3_bucket", "name": "state", "instances": [{}]}]}', True),
        ('{"resources": [{"type": "aws_s3_bucket", "name": "state", "instances": []}]}', False),
        ('{"version": 4, "serial": 1, "resources": []}', False),  # what a failed apply leaves
        ("{}", False),
        ("[]", False),
        ("{", False),
        ('{"resources": [1]}', False),
    ],
)
def test_only_a_state_that_knows_the_bucket_keeps_it_from_being_imported(tmp_path, text, holds):
    state = tmp_path / "terraform.tfstate"
    state.write_text(text)
    assert holds_bucket(state) is holds


def test_missing_state_has_no_resources(tmp_path):
    assert not holds_bucket(tmp_path / "terraform.tfstate")
