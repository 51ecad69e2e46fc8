"""The names in the lake of the seeded runs."""

BUCKET, DATABASE, DATASET, WORKFLOW = "lake", "lake", "feed", "workflow"
REGION = "eu-central-1"
ACCOUNT = "123456789012"  # moto's own
