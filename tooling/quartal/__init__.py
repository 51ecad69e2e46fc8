"""Quartal: deploys, feeds, runs and explains the quarterly feature pipeline."""

__version__ = "0.1.0"
