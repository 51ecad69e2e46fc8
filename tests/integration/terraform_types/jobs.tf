resource "aws_glue_job" "spark" {
  name                      = var.prefix
  role_arn                  = aws_iam_role.this.arn
  description               = local.description
  connections               = local.is_changed ? [aws_glue_connection.network.name, aws_glue_connection.jdbc.name] : [aws_glue_connection.jdbc.name]
  default_arguments         = { "--revision" = tostring(var.revision), "--enable-metrics" = "true" }
  non_overridable_arguments = { "--fixed" = tostring(var.revision) }
  execution_class           = local.is_changed ? "FLEX" : "STANDARD"
  glue_version              = local.is_changed ? "5.1" : "4.0"
  job_run_queuing_enabled   = local.is_changed
  maintenance_window        = local.is_changed ? "Sun:06" : "Sat:05"
  max_retries               = var.revision
  number_of_workers         = 1 + var.revision
  security_configuration    = local.is_changed ? null : aws_glue_security_configuration.this.name
  timeout                   = 30 * var.revision
  worker_type               = local.is_changed ? "G.2X" : "G.1X"
  tags                      = local.tags

  command {
    name            = "glueetl"
    script_location = "s3://${var.prefix}/job/${var.revision}.py"
    python_version  = "3"
  }

  execution_property {
    max_concurrent_runs = 2 * var.revision
  }

  notification_property {
    notify_delay_after = 5 * var.revision
  }

  # without auth_token: the provider never reads it back, so it would be a change for ever, on AWS too
  source_control_details {
    auth_strategy  = local.is_changed ? "AWS_SECRETS_MANAGER" : "PERSONAL_ACCESS_TOKEN"
    branch         = "branch-${var.revision}"
    folder         = "folder-${var.revision}"
    last_commit_id = "commit-${var.revision}"
    owner          = "owner-${var.revision}"
    provider       = local.is_changed ? "GITLAB" : "GITHUB"
    repository     = "repository-${var.revision}"
  }
}

resource "aws_glue_job" "shell" {
  name         = "${var.prefix}-shell"
  role_arn     = aws_iam_role.this.arn
  max_capacity = local.is_changed ? 1 : 0.0625

  command {
    name            = "pythonshell"
    script_location = "s3://${var.prefix}/job/shell.py"
    python_version  = local.is_changed ? "3.9" : "3"
  }
}

# as short as the provider allows: what AWS fills in must not come back as a change
resource "aws_glue_job" "plain" {
  name     = "${var.prefix}-plain"
  role_arn = aws_iam_role.this.arn

  command {
    script_location = "s3://${var.prefix}/job/plain.py"
  }
}
