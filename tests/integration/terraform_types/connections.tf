resource "aws_glue_connection" "jdbc" {
  name            = "${var.prefix}-jdbc"
  description     = local.description
  connection_type = "JDBC"
  match_criteria  = ["revision-${var.revision}"]
  tags            = local.tags

  connection_properties = {
    JDBC_CONNECTION_URL = "jdbc:postgresql://localhost:5432/revision${var.revision}"
    USERNAME            = "reader"
    PASSWORD            = "not-a-secret-${var.revision}"
  }

  # whether the password is returned encrypted is decided by the settings in force when it is written
  depends_on = [aws_glue_data_catalog_encryption_settings.this]
}

resource "aws_glue_connection" "network" {
  name            = "${var.prefix}-network"
  connection_type = "NETWORK"

  physical_connection_requirements {
    availability_zone      = local.is_changed ? "eu-west-1b" : "eu-west-1a"
    security_group_id_list = local.is_changed ? ["sg-2"] : ["sg-1"]
    subnet_id              = "subnet-${var.revision}"
  }
}
