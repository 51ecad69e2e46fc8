locals {
  name = "${var.prefix}-network"
}

# No internet gateway and no route to one: only services with an endpoint can be reached.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/vpc
resource "aws_vpc" "this" {
  cidr_block           = var.cidr_block
  enable_dns_hostnames = true # the endpoints' private names need both
  enable_dns_support   = true
  tags                 = merge(var.tags, { Name = local.name })
}

# The default group of a VPC lets its members talk to each other and to everybody. This resource removes its rules. It has no
# tags: a deployer may close untagged groups, and do nothing else with them.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/default_security_group
resource "aws_default_security_group" "this" {
  egress  = []
  ingress = []
  vpc_id  = aws_vpc.this.id
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/subnet
resource "aws_subnet" "this" {
  for_each = var.subnets

  availability_zone = each.key
  cidr_block        = each.value
  vpc_id            = aws_vpc.this.id
  tags              = merge(var.tags, { Name = "${local.name}-${each.key}" })

  # AWS deletes no subnet with an endpoint in it: the endpoints have to leave it before.
  lifecycle {
    create_before_destroy = true
  }
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/route_table
resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = local.name })
}

resource "aws_route_table_association" "this" {
  for_each = aws_subnet.this

  route_table_id = aws_route_table.this.id
  subnet_id      = each.value.id
}
