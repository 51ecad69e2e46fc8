# What the alerts watch. A run is overdue when the features are due: lead_time_days after the scheduled start. A cron expression
# of your own does not say when that is, and a schedule that is off starts nothing that could be late.
locals {
  watched = {
    for dataset, feed in var.contracts : dataset => {
      crawler                = module.glue_catalog.crawlers[dataset]
      database               = module.glue_catalog.database
      duration_limit_minutes = feed.duration_limit_minutes
      job                    = module.glue_job[dataset].job
      overdue = (
        local.schedules[dataset].ml_run == null || local.schedules[dataset].enabled == false ? null
        : { after_days = coalesce(local.schedules[dataset].lead_time_days, 0), schedule = module.glue_workflow[dataset].schedule }
      )
      quarantine_share_limit = feed.quarantine_share_limit
    }
  }
}
