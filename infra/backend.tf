# Partial on purpose: environments/<environment>.s3.tfbackend says where the state is. The local environment keeps its state in
# a file instead, see environments/localstack.backend.tf.
terraform {
  backend "s3" {}
}
