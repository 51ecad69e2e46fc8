"""What the lake of the seeded runs is called."""

BUCKET, DATABASE, DATASET, WORKFLOW = "lake", "lake", "feed", "workflow"
REGION = "eu-central-1"
ACCOUNT = "123456789012"  # moto's own
