import stat
import sys

import pytest

from plan_review import output_formats
from plan_review.errors import ReviewInputError
from plan_review.output_formats import Format
from quartal.cli.review_forms import write_review
from quartal.core.console import Console


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_review_for_programs_is_for_its_owner(tmp_path, reviewed):
    path = tmp_path / "review.json"
    write_review(Console(), reviewed("access"), path, Format.JSON)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_review_that_cannot_be_rendered_leaves_the_earlier_file(tmp_path, monkeypatch, reviewed):
    path = tmp_path / "review.md"
    path.write_text("earlier")

    def fail(*_: object) -> str:
        raise MemoryError

    monkeypatch.setattr(output_formats, "rendered", fail)
    with pytest.raises(MemoryError):
        write_review(Console(), reviewed("access"), path, Format.MARKDOWN)
    assert path.read_text() == "earlier"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of a process")
@pytest.mark.parametrize("form", [Format.MARKDOWN, Format.JSON])
def test_review_that_does_not_fit_the_disk_leaves_the_earlier_file(tmp_path, reviewed, form: Format):
    import resource

    path = tmp_path / "review.md"
    path.write_text("earlier")
    review = reviewed("access")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))  # as a disk with room for so much
    try:
        with pytest.raises(ReviewInputError, match="File too large"):
            write_review(Console(), review, path, form)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]
