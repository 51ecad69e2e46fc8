# What the resources under test name.
resource "aws_kms_key" "this" {
  description             = var.prefix
  deletion_window_in_days = 7
}

resource "aws_iam_role" "this" {
  name = var.prefix

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "glue.amazonaws.com" } }]
  })
}
