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
  name                  = "${var.prefix}-reader"
  description           = "Readers of the published tables of ${var.database}: ask Athena, change nothing"
  assume_role_policy    = data.aws_iam_policy_document.trust.json
  force_detach_policies = true
  permissions_boundary  = var.permissions_boundary
  tags                  = var.tags

  # IAM counts all inline policies of a role together. The one about the key is not known yet, but short.
  lifecycle {
    precondition {
      condition     = length(join("", [for policy in [data.aws_iam_policy_document.answers, data.aws_iam_policy_document.catalog, data.aws_iam_policy_document.tables] : policy.minified_json])) <= 10000
      error_message = "The policies of the role for readers of ${length(var.datasets)} datasets are longer than the 10,240 characters that IAM allows. Call the module access several times, each time with some of the datasets and with a prefix of its own."
    }
  }
}
