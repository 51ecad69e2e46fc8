locals {
  _bucket_arn = "arn:${var.account.partition}:s3:::${var.lake.bucket}"
  _glue_arn   = "arn:${var.account.partition}:glue:${var.account.region}:${var.account.id}"

  # Readers get neither the raw table nor its files.
  _tables  = flatten([for dataset in sort(var.datasets) : [for zone in ["curated", "features", "quarantine"] : "${dataset}_${zone}"]])
  _folders = flatten([for dataset in sort(var.datasets) : [for zone in ["curated", "features", "quarantine"] : "${zone}/${dataset}/"]])
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "ReadersAssume"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = var.readers.trusted_principals
    }
  }
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/iam_role
resource "aws_iam_role" "reader" {
  name                 = "${var.prefix}-reader"
  description          = "Readers of the published tables of ${var.database}: ask Athena, change nothing"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}
