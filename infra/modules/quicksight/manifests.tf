# For users who read plain files instead of querying Athena. A manifest names a folder, not files, so a new quarter needs no
# new manifest.
locals {
  manifests = {
    for name, manifest in var.manifests : name => {
      key = "manifests/quicksight/${name}.json"
      content = jsonencode({
        fileLocations = [{ URIPrefixes = ["s3://${var.lake.bucket}/${manifest.prefix}"] }]
        globalUploadSettings = {
          containsHeader = tostring(manifest.contains_header)
          delimiter      = manifest.delimiter
          format         = manifest.format
          textqualifier  = "\""
        }
      })
    }
  }
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/s3_object
resource "aws_s3_object" "manifest" {
  for_each = local.manifests

  bucket       = var.lake.bucket
  content      = each.value.content
  content_type = "application/json"
  key          = each.value.key
  kms_key_id   = var.lake.key_arn

  # S3 allows an object ten tags, and other resources fifty: no tags, so that those of a provider or of a pipeline fit.
  override_provider {
    default_tags {
      tags = {}
    }
  }
}

resource "aws_quicksight_data_source" "files" {
  for_each = var.manifests

  aws_account_id = var.account.id
  data_source_id = "${var.prefix}-files-${replace(each.key, "/[^a-z0-9]/", "-")}"
  name           = "${var.prefix} files of ${each.key}"
  tags           = var.tags
  type           = "S3"

  parameters {
    s3 {
      manifest_file_location {
        bucket = var.lake.bucket
        key    = aws_s3_object.manifest[each.key].key
      }
    }
  }

  dynamic "permission" {
    for_each = local.permissions

    content {
      actions   = local._actions.data_source[permission.value]
      principal = permission.key
    }
  }

  depends_on = [aws_iam_role_policy.key, aws_iam_role_policy.tables]
}
