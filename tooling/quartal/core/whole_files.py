"""Files that appear complete or not at all. The code is in plan_review, a distribution of its own."""

from __future__ import annotations

from plan_review.whole_files import write_new, write_whole

__all__ = ["write_new", "write_whole"]
