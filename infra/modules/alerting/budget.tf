# A tag counts in a budget only after the account's owner has activated it as a cost allocation tag.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/budgets_budget
resource "aws_budgets_budget" "this" {
  count = var.budget == null ? 0 : 1

  name         = "${var.prefix}-monthly"
  budget_type  = "COST"
  limit_amount = format("%.2f", var.budget.monthly_usd)
  limit_unit   = "USD"
  tags         = var.tags
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [join("$", ["user:${var.budget.tag.key}", var.budget.tag.value])]
  }

  dynamic "notification" {
    for_each = var.budget.alert_percents

    content {
      comparison_operator       = "GREATER_THAN"
      notification_type         = "ACTUAL"
      subscriber_sns_topic_arns = [aws_sns_topic.this.arn]
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
    }
  }

  depends_on = [aws_sns_topic_policy.this]
}
