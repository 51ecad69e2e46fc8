output "network" {
  description = "What a Glue connection needs: the security groups of the workers, and the subnets by zone."
  value = {
    security_group_ids = [aws_security_group.this.id]
    subnets            = { for zone, subnet in aws_subnet.this : zone => subnet.id }
  }

  # A run that starts before these exist waits for an answer that never comes.
  depends_on = [
    aws_route_table_association.this,
    aws_vpc_endpoint.s3,
    aws_vpc_endpoint.service,
    aws_vpc_security_group_egress_rule.members,
    aws_vpc_security_group_egress_rule.s3,
    aws_vpc_security_group_ingress_rule.members,
  ]
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}
