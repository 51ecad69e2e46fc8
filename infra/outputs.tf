output "athena_workgroup" {
  description = "Name of the Athena workgroup; null if there is none."
  value       = one(module.athena[*].workgroup)
}

output "crawler" {
  description = "Name of the crawler."
  value       = module.glue_catalog.crawlers[local.dataset]
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard that shows the history of the runs; null if there is none."
  value       = one(module.alerting[*].dashboard)
}

output "database" {
  description = "Name of the catalog database."
  value       = module.glue_catalog.database
}

output "dataset" {
  description = "Name of the dataset: its folder under raw/, its raw table."
  value       = local.dataset
}

output "feeds" {
  description = "What belongs to each feed, by dataset: crawler, job, log_groups, ml_run, quarantine_share_limit, raw_prefix, role_arns, schedule, starts, time_zone, triggers and workflow."
  value = {
    for dataset in keys(var.contracts) : dataset => {
      crawler = module.glue_catalog.crawlers[dataset]
      job     = module.glue_job[dataset].job
      log_groups = {
        crawler    = module.glue_catalog.log_groups[dataset]
        job_error  = module.glue_job[dataset].log_groups.error
        job_output = module.glue_job[dataset].log_groups.output
      }
      ml_run                 = local.schedules[dataset].ml_run
      quarantine_share_limit = var.contracts[dataset].quarantine_share_limit
      raw_prefix             = module.glue_catalog.raw_prefixes[dataset]
      role_arns = {
        crawler = module.glue_catalog.role_arns[dataset]
        job     = module.glue_job[dataset].role_arn
      }
      schedule  = module.glue_workflow[dataset].schedule
      starts    = module.glue_workflow[dataset].starts
      time_zone = module.glue_workflow[dataset].time_zone
      triggers  = module.glue_workflow[dataset].triggers
      workflow  = module.glue_workflow[dataset].workflow
    }
  }
}

output "job" {
  description = "Name of the job."
  value       = module.glue_job[local.dataset].job
}

output "key_arn" {
  description = "ARN of the key that encrypts the lake."
  value       = module.data_lake.key_arn
}

output "lake_bucket" {
  description = "Name of the bucket that holds raw, curated, features, quarantine, runs, tmp and code."
  value       = module.data_lake.bucket
}

output "log_groups" {
  description = "Log groups: crawler, job_output and job_error."
  value = {
    crawler    = module.glue_catalog.log_groups[local.dataset]
    job_error  = module.glue_job[local.dataset].log_groups.error
    job_output = module.glue_job[local.dataset].log_groups.output
  }
}

output "ml_run" {
  description = "When the ML run needs the features: day of first_month and of every third month after it. Null if the schedule does not say."
  value       = local.schedules[local.dataset].ml_run
}

output "quarantine_share_limit" {
  description = "Share of quarantined rows above which the alarm fires; null if there is no alarm."
  value       = var.contracts[local.dataset].quarantine_share_limit
}

output "raw_prefix" {
  description = "Where in the bucket deliveries go; each into a folder delivery=<quarter> below it."
  value       = module.glue_catalog.raw_prefixes[local.dataset]
}

output "region" {
  description = "AWS region of all resources."
  value       = var.region
}

output "role_arns" {
  description = "ARNs of the roles: crawler, job, and reader if there is one."
  value = merge({
    crawler = module.glue_catalog.role_arns[local.dataset]
    job     = module.glue_job[local.dataset].role_arn
  }, module.access[*].role_arns...)
}

output "schedule" {
  description = "Cron expression of the workflow's start, in UTC."
  value       = module.glue_workflow[local.dataset].schedule
}

output "sns_topic_arn" {
  description = "ARN of the topic that alerts go to; null if there is none."
  value       = one(module.alerting[*].topic_arn)
}

output "starts" {
  description = "When the workflow starts, in words, in UTC."
  value       = module.glue_workflow[local.dataset].starts
}

output "time_zone" {
  description = "Name of the time zone whose local time is shown next to UTC; null for UTC only."
  value       = module.glue_workflow[local.dataset].time_zone
}

output "triggers" {
  description = "Names of the triggers: start and crawl_succeeded."
  value       = module.glue_workflow[local.dataset].triggers
}

output "workflow" {
  description = "Name of the workflow."
  value       = module.glue_workflow[local.dataset].workflow
}
