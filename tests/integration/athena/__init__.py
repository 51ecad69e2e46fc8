"""Athena asked by the clients that people use, on LocalStack or, with ATHENA_TEST_BUCKET, on AWS."""
