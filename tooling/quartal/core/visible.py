"""Text from elsewhere, made fit to be shown; the plan review, which has to stand alone, holds it."""

from __future__ import annotations

from plan_review.visible import visible

__all__ = ["visible"]
