"""AWS Glue for community LocalStack: real crawls, triggers by AWS's rules, and job runs on Spark."""

__version__ = "0.1.0"
