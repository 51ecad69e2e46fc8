"""Deterministic feeds of two shapes: equal seeds give equal bytes on every platform and Python."""

from feed_generator.charging import BadSession, generate_charging
from feed_generator.feed import DeliverySummary, FeedSummary, generate
from feed_generator.sightings import BadRow, Quarter

__all__ = ["BadRow", "BadSession", "DeliverySummary", "FeedSummary", "Quarter", "generate", "generate_charging"]
