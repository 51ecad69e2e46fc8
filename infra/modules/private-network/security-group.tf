# The group of the job's workers and of the endpoints. Glue requires a rule that opens all TCP ports between members of the
# group, because its workers talk to each other: docs.aws.amazon.com/glue/latest/dg/setup-vpc-for-glue-access.html
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/security_group
resource "aws_security_group" "this" {
  # checkov:skip=CKV2_AWS_5:Glue attaches it to the network interfaces of each run, and the endpoints have it; the check follows neither for_each.
  name        = local.name
  description = "Glue's workers and the endpoints that they use; nobody else"
  vpc_id      = aws_vpc.this.id
  tags        = merge(var.tags, { Name = local.name })
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/vpc_security_group_ingress_rule
resource "aws_vpc_security_group_ingress_rule" "members" {
  # checkov:skip=CKV_AWS_24:The rule names the group and no addresses, which the check takes for all addresses.
  # checkov:skip=CKV_AWS_25:The rule names the group and no addresses, which the check takes for all addresses.
  # checkov:skip=CKV_AWS_260:The rule names the group and no addresses, which the check takes for all addresses.
  description                  = "From members of the group"
  from_port                    = 0
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.this.id
  security_group_id            = aws_security_group.this.id
  tags                         = var.tags
  to_port                      = 65535
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/vpc_security_group_egress_rule
resource "aws_vpc_security_group_egress_rule" "members" {
  description                  = "To members of the group, the endpoints among them"
  from_port                    = 0
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.this.id
  security_group_id            = aws_security_group.this.id
  tags                         = var.tags
  to_port                      = 65535
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  description       = "To S3 in this region, through its endpoint"
  from_port         = 443
  ip_protocol       = "tcp"
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
  security_group_id = aws_security_group.this.id
  tags              = var.tags
  to_port           = 443
}
