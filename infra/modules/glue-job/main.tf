locals {
  name    = "${var.prefix}-${replace(var.dataset, "_", "-")}"
  lake    = "s3://${var.lake.bucket}"
  scripts = { for name, object in aws_s3_object.code : name => "${local.lake}/${object.key}" }

  # Where the job may write; each dataset has its own folder in each of these. etl_job/lake/paths.py lists the same folders.
  zones = ["curated", "exports", "features", "quarantine", "runs", "tmp"]

  # Glue installs from the lake without asking an index: docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
  _packages = (
    var.artifacts.wheels != null ? {
      "--additional-python-modules"       = local.scripts.wheels
      "--python-modules-installer-option" = "--no-index"
    } :
    length(var.python_modules) > 0 ? { "--additional-python-modules" = join(",", var.python_modules) } : {}
  )

  _findings = {
    for name, value in var.findings : "--${name}" => tostring(value) if value != null
  }

  _arguments = merge(local._packages, local._findings, {
    "--contract"                         = local.scripts.contract
    "--database"                         = var.database
    "--dataset"                          = var.dataset
    "--enable-auto-scaling"              = tostring(var.job.auto_scaling)
    "--enable-continuous-cloudwatch-log" = "true"
    "--enable-metrics"                   = "true"
    "--enable-observability-metrics"     = "true"
    "--extra-py-files"                   = local.scripts.package
    "--job-bookmark-option"              = "job-bookmark-disable"
    "--lake_bucket"                      = var.lake.bucket
    "--TempDir"                          = "${local.lake}/tmp/${var.dataset}/"
  })
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/glue_job
resource "aws_glue_job" "this" {
  name                   = local.name
  connections            = length(var.connections) == 0 ? null : var.connections
  description            = "Turns new deliveries of ${var.dataset} into curated rows and features"
  default_arguments      = merge(local._arguments, var.job.arguments)
  execution_class        = "STANDARD"
  glue_version           = var.job.glue_version
  max_retries            = var.job.max_retries
  number_of_workers      = var.job.number_of_workers
  role_arn               = aws_iam_role.job.arn
  security_configuration = var.lake.security_configuration
  tags                   = var.tags
  timeout                = var.job.timeout_minutes
  worker_type            = var.job.worker_type

  command {
    name            = "glueetl"
    python_version  = "3"
    script_location = local.scripts.script
  }

  execution_property {
    max_concurrent_runs = var.job.max_concurrent_runs
  }

  # A run fails if it starts before its role has its permissions.
  depends_on = [
    aws_iam_role_policy.catalog,
    aws_iam_role_policy.key,
    aws_iam_role_policy.lake,
    aws_iam_role_policy.monitoring,
    aws_iam_role_policy.network,
    aws_iam_role_policy_attachment.job,
  ]
}
