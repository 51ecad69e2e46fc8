locals {
  # The ARN is built from names, so that policies are known before the topic exists.
  topic     = "${var.prefix}-alerts"
  topic_arn = "arn:${var.account.partition}:sns:${var.account.region}:${var.account.id}:${local.topic}"

  names = { for dataset in keys(var.feeds) : dataset => "${var.prefix}-${replace(dataset, "_", "-")}" }

  # If there are several feeds, the command names the feed.
  explain = { for dataset in keys(var.feeds) : dataset => length(var.feeds) > 1 ? "${var.explain_command} --dataset ${dataset}" : var.explain_command }
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/sns_topic
resource "aws_sns_topic" "this" {
  name              = local.topic
  display_name      = local.topic
  kms_master_key_id = var.key_arn
  tags              = var.tags
}

# An address first gets a confirmation message, and no alerts until its owner has confirmed.
resource "aws_sns_topic_subscription" "email" {
  for_each = var.emails

  endpoint  = each.key
  protocol  = "email"
  topic_arn = aws_sns_topic.this.arn
}
