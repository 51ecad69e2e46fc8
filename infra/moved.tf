# The addresses from before a pipeline could have several feeds. Without these, an upgrade would recreate crawler, job and
# workflow. Release 0.1.0 had the one feed of its environments. If you deployed another feed, put its dataset here.

moved {
  from = module.glue_job
  to   = module.glue_job["vehicle_sightings"]
}

moved {
  from = module.glue_workflow
  to   = module.glue_workflow["vehicle_sightings"]
}

moved {
  from = module.glue_catalog.aws_cloudwatch_log_group.crawler
  to   = module.glue_catalog.aws_cloudwatch_log_group.crawler["vehicle_sightings"]
}

moved {
  from = module.glue_catalog.aws_glue_classifier.this
  to   = module.glue_catalog.aws_glue_classifier.this["vehicle_sightings"]
}

moved {
  from = module.glue_catalog.aws_glue_crawler.this
  to   = module.glue_catalog.aws_glue_crawler.this["vehicle_sightings"]
}

moved {
  from = module.glue_catalog.aws_iam_role.crawler
  to   = module.glue_catalog.aws_iam_role.crawler["vehicle_sightings"]
}

moved {
  from = module.glue_catalog.aws_iam_role_policy.catalog
  to   = module.glue_catalog.aws_iam_role_policy.catalog["vehicle_sightings"]
}

moved {
  from = module.glue_catalog.aws_iam_role_policy.key
  to   = module.glue_catalog.aws_iam_role_policy.key["vehicle_sightings"]
}

moved {
  from = module.glue_catalog.aws_iam_role_policy.logs
  to   = module.glue_catalog.aws_iam_role_policy.logs["vehicle_sightings"]
}

moved {
  from = module.glue_catalog.aws_iam_role_policy.raw
  to   = module.glue_catalog.aws_iam_role_policy.raw["vehicle_sightings"]
}
