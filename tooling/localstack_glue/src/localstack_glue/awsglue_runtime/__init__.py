"""The folder that goes on a job's PYTHONPATH; the library inside is imported as `awsglue`."""
