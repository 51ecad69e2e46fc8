"""The folder on a job's PYTHONPATH. Scripts import the library in it as `awsglue`."""
