"""Glue's resource types of CloudFormation, on this service: stacks create, change and delete them."""
