# A catalog belongs to an account and region, not to a pipeline, so only one pipeline, by its setting, configures its
# encryption. Glue uses the key with a role of its own: readers and writers of the catalog, also other pipelines, need no
# permission for the key.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/glue_data_catalog_encryption_settings
resource "aws_glue_data_catalog_encryption_settings" "account" {
  # checkov:skip=CKV_AWS_94:The catalog is encrypted with the key, through a role for Glue; the check knows only the mode without a role.
  count = var.account_catalog == null ? 0 : 1

  data_catalog_encryption_settings {
    connection_password_encryption {
      aws_kms_key_id                       = var.account_catalog.key_arn
      return_connection_password_encrypted = true
    }

    encryption_at_rest {
      catalog_encryption_mode         = "SSE-KMS-WITH-SERVICE-ROLE"
      catalog_encryption_service_role = aws_iam_role.account_catalog[0].arn
      sse_aws_kms_key_id              = var.account_catalog.key_arn
    }
  }

  depends_on = [aws_iam_role_policy.account_catalog]
}

resource "aws_iam_role" "account_catalog" {
  count = var.account_catalog == null ? 0 : 1

  name                  = "${var.prefix}-catalog-key"
  description           = "Glue: encrypts the catalog of the account"
  assume_role_policy    = data.aws_iam_policy_document.trust.json
  force_detach_policies = true
  permissions_boundary  = var.permissions_boundary
  tags                  = var.tags
}

data "aws_iam_policy_document" "account_catalog" {
  count = var.account_catalog == null ? 0 : 1

  statement {
    sid       = "EncryptCatalog"
    actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
    resources = [var.account_catalog.key_arn]
  }
}

resource "aws_iam_role_policy" "account_catalog" {
  count = var.account_catalog == null ? 0 : 1

  name   = "key"
  role   = aws_iam_role.account_catalog[0].name
  policy = data.aws_iam_policy_document.account_catalog[0].json
}

resource "aws_iam_role_policies_exclusive" "account_catalog" {
  count = var.account_catalog == null ? 0 : 1

  role_name    = aws_iam_role.account_catalog[0].name
  policy_names = aws_iam_role_policy.account_catalog[*].name
}

resource "aws_iam_role_policy_attachments_exclusive" "account_catalog" {
  count = var.account_catalog == null ? 0 : 1

  role_name   = aws_iam_role.account_catalog[0].name
  policy_arns = []
}
