"""The Spark job that turns deliveries of a raw feed into curated daily counts and features, as its contract says."""

__version__ = "0.1.0"
