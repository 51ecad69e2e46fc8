# What every scenario starts from. The provider finds its endpoint in AWS_ENDPOINT_URL.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region                      = "us-east-1"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

module "lake" {
  source = "./lake"
  name   = var.name
}

variable "name" {
  type    = string
  default = "review-lake"
}

variable "workers" {
  type    = object({ count = number, type = string })
  default = { count = 4, type = "G.1X" }
}

variable "cron" {
  type    = string
  default = "cron(0 2 8 1,4,7,10 ? *)"
}

variable "readable" {
  type    = list(string)
  default = ["raw/*"]
}

variable "retention_days" {
  type    = number
  default = 30
}

variable "arguments" {
  type      = map(string)
  default   = { "--token" = "first-secret" }
  sensitive = true
}

resource "aws_iam_role" "job" {
  name = "review-job"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "glue.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "lake" {
  name = "lake"
  role = aws_iam_role.job.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Read"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = [for path in var.readable : "arn:aws:s3:::${var.name}/${path}"]
      },
      {
        Sid       = "List"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = "arn:aws:s3:::${var.name}"
        Condition = { StringLike = { "s3:prefix" = var.readable } }
      },
    ]
  })
}

resource "aws_cloudwatch_log_group" "job" {
  name              = "/aws-glue/jobs/review"
  retention_in_days = var.retention_days
}

resource "aws_glue_job" "features" {
  name              = "review-features"
  role_arn          = aws_iam_role.job.arn
  glue_version      = "5.0"
  number_of_workers = var.workers.count
  worker_type       = var.workers.type
  default_arguments = merge({ "--database" = module.lake.database }, var.arguments)

  command {
    script_location = "s3://${module.lake.bucket}/code/main.py"
  }
}

resource "aws_glue_trigger" "start" {
  name     = "review-start"
  type     = "SCHEDULED"
  schedule = var.cron

  actions {
    job_name = aws_glue_job.features.name
  }
}

output "bucket" {
  value = module.lake.bucket
}

output "job" {
  value = aws_glue_job.features.name
}
