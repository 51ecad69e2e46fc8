"""AWS Glue on this machine, in any of its hosts: real crawls, triggers by AWS's rules, and job runs on Spark."""

__version__ = "0.1.0"
