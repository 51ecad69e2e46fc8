# What the module plans. The provider is the real one with dummy keys, so that policy documents are really computed;
# nothing is applied and nothing is asked of AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  account            = { id = "123456789012", region = "eu-central-1" }
  cidr_block         = "10.20.0.0/24"
  key_arn            = "arn:aws:kms:eu-central-1:123456789012:key/0000"
  log_retention_days = 30
  prefix             = "quartal-test"
  subnets            = { eu-central-1a = "10.20.0.0/25", eu-central-1b = "10.20.0.128/25" }
}

run "plans_what_the_variables_above_say" {
  command = plan

  # makes a subnet in each zone
  assert {
    condition = { for zone, subnet in aws_subnet.this : zone => [subnet.availability_zone, subnet.cidr_block] } == {
      eu-central-1a = ["eu-central-1a", "10.20.0.0/25"]
      eu-central-1b = ["eu-central-1b", "10.20.0.128/25"]
    }
    error_message = "The subnets are others than were asked for."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.this : !subnet.map_public_ip_on_launch]) && aws_vpc.this.enable_dns_hostnames && aws_vpc.this.enable_dns_support
    error_message = "A subnet gives out public addresses, or the endpoints' private names do not work."
  }

  # reaches s3 and the services that glue and the job call and nothing else
  assert {
    condition = { for service, endpoint in aws_vpc_endpoint.service : service => endpoint.service_name } == {
      for service in ["events", "glue", "kms", "logs", "monitoring", "sts"] : service => "com.amazonaws.eu-central-1.${service}"
    }
    error_message = "The endpoints are others than those of the services."
  }

  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.service : endpoint.vpc_endpoint_type == "Interface" && endpoint.private_dns_enabled])
    error_message = "Clients would not find an endpoint by the service's usual name."
  }

  assert {
    condition     = aws_vpc_endpoint.s3.service_name == "com.amazonaws.eu-central-1.s3" && aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway"
    error_message = "S3 is not reached through its gateway, which is free."
  }

  assert {
    condition = toset([for policy in concat([aws_vpc_endpoint.s3.policy], [for endpoint in aws_vpc_endpoint.service : endpoint.policy]) :
      jsonencode([for statement in jsondecode(policy).Statement : statement.Condition])
      ]) == toset([jsonencode([
        { StringEquals = { "aws:PrincipalAccount" = "123456789012" } },
        { Bool = { "aws:PrincipalIsAWSService" = "true" } },
    ])])
    error_message = "Credentials of other accounts could be used through an endpoint."
  }

  # many services have other names in iam than their endpoints have, such as cloudwatch of monitoring
  assert {
    condition = alltrue(flatten([for policy in concat([aws_vpc_endpoint.s3.policy], [for endpoint in aws_vpc_endpoint.service : endpoint.policy]) :
      [for statement in jsondecode(policy).Statement : statement.Effect == "Allow" && statement.Action == "*" && statement.Resource == "*"]
    ]))
    error_message = "An endpoint's policy names actions, and would deny everything if its service calls them otherwise."
  }

  # opens nothing but what glue demands
  assert {
    condition     = aws_vpc_security_group_ingress_rule.members.cidr_ipv4 == null && aws_vpc_security_group_egress_rule.members.cidr_ipv4 == null && aws_vpc_security_group_egress_rule.s3.cidr_ipv4 == null
    error_message = "A rule names addresses, and not the group or S3."
  }

  # docs.aws.amazon.com/glue/latest/dg/setup-vpc-for-glue-access.html: all TCP ports between members
  assert {
    condition = [for rule in [aws_vpc_security_group_ingress_rule.members, aws_vpc_security_group_egress_rule.members] : [rule.ip_protocol, rule.from_port, rule.to_port]] == [
      ["tcp", 0, 65535], ["tcp", 0, 65535],
    ]
    error_message = "Glue's workers do not reach each other on all TCP ports."
  }

  assert {
    condition     = length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "The group that the VPC brings is open."
  }

  # logs all traffic where the lakes key encrypts
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.name == "/aws-glue/jobs/quartal-test-network/flow" && aws_cloudwatch_log_group.flow.kms_key_id == var.key_arn && aws_cloudwatch_log_group.flow.retention_in_days == 30
    error_message = "Not all traffic is logged, or the log is not encrypted with the lake's key, or is kept for ever."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.flow_log.policy).Statement[0].Resource == ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws-glue/jobs/quartal-test-network/flow:*", "arn:aws:logs:eu-central-1:123456789012:log-group:/aws-glue/jobs/quartal-test-network/flow"]
    error_message = "The flow log's role may write to other groups: ${aws_iam_role_policy.flow_log.policy}"
  }

  assert {
    condition     = jsondecode(aws_iam_role.flow_log.assume_role_policy).Statement[0].Principal == { Service = "vpc-flow-logs.amazonaws.com" } && jsondecode(aws_iam_role.flow_log.assume_role_policy).Statement[0].Condition == { StringEquals = { "aws:SourceAccount" = "123456789012" } }
    error_message = "Others than the account's flow logs may take the role."
  }
}

run "tells_zones_at_plan_and_takes_fewer_services" {
  command = plan

  variables {
    services = ["events", "glue", "logs", "monitoring"]
  }

  assert {
    condition     = keys(output.network.subnets) == ["eu-central-1a", "eu-central-1b"] && length(aws_vpc_endpoint.service) == 4
    error_message = "The zones are known only after the apply, or endpoints are made that nobody asked for."
  }
}

run "names_endpoints_as_china_does" {
  command = plan

  variables {
    account  = { id = "123456789012", partition = "aws-cn", region = "cn-north-1" }
    key_arn  = "arn:aws-cn:kms:cn-north-1:123456789012:key/0000"
    services = ["athena", "ecr.api", "events", "glue", "kinesis-streams", "kms", "logs", "monitoring", "secretsmanager", "sts"]
    subnets  = { cn-north-1a = "10.20.0.0/25", cn-north-1b = "10.20.0.128/25" }
  }

  # github.com/aws/aws-cdk: packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts has what describe-vpc-endpoint-services answers there
  assert {
    condition = { for service, endpoint in aws_vpc_endpoint.service : service => endpoint.service_name } == merge(
      { for service in ["events", "glue", "kms", "logs", "secretsmanager"] : service => "com.amazonaws.cn-north-1.${service}" },
      { for service in ["athena", "ecr.api", "kinesis-streams", "monitoring", "sts"] : service => "cn.com.amazonaws.cn-north-1.${service}" },
    )
    error_message = "China has no endpoints of these names: ${jsonencode(values(aws_vpc_endpoint.service)[*].service_name)}"
  }

  assert {
    condition     = aws_vpc_endpoint.s3.service_name == "com.amazonaws.cn-north-1.s3"
    error_message = "S3's gateway has the same name everywhere."
  }
}
