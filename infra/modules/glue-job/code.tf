locals {
  # The files that the job runs, by purpose; they are stored under code/<dataset>/ in the lake.
  _code = merge({
    contract = { file = var.artifacts.contract, key = "code/${var.dataset}/contracts/${basename(var.artifacts.contract)}" }
    package  = { file = var.artifacts.package, key = "code/${var.dataset}/${basename(var.artifacts.package)}" }
    script   = { file = var.artifacts.script, key = "code/${var.dataset}/${basename(var.artifacts.script)}" }
    }, var.artifacts.wheels == null ? {} : {
    wheels = { file = var.artifacts.wheels, key = "code/${var.dataset}/${basename(coalesce(var.artifacts.wheels, "-"))}" }
  })
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/s3_object
resource "aws_s3_object" "code" {
  for_each = local._code

  bucket      = var.lake.bucket
  key         = each.value.key
  kms_key_id  = var.lake.key_arn
  content     = each.key == "contract" ? file(each.value.file) : null # a text, so that a plan shows its lines
  source      = each.key == "contract" ? null : each.value.file
  source_hash = each.key == "contract" ? null : filemd5(each.value.file)

  # S3 allows an object ten tags, and other resources fifty: no tags, so that those of a provider or of a pipeline fit.
  override_provider {
    default_tags {
      tags = {}
    }
  }
}
