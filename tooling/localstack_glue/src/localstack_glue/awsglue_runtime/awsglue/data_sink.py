"""Where the public library keeps what `GlueContext.getSink` answers."""

from awsglue.sinks import S3Sink

DataSink = S3Sink

__all__ = ["DataSink"]
