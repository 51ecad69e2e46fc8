"""Escapes control characters of text from elsewhere. The code is in plan_review, a distribution of its own."""

from __future__ import annotations

from plan_review.visible import visible

__all__ = ["visible"]
