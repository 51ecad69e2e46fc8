# What the four starts are in UTC, and on a clock on somebody's wall. Glue's cron knows only UTC, so where clocks change the
# local hour differs between summer and winter. On the days between which a change falls it depends on the year: both are shown.
locals {
  _zone   = var.schedule.time_zone == null ? { name = "UTC", summer_time = "none", utc_offset = "+00:00" } : var.schedule.time_zone
  _parts  = regex("^([+-])([0-9]{2}):([0-9]{2})$", local._zone.utc_offset)
  _offset = (local._parts[0] == "-" ? -1 : 1) * (tonumber(local._parts[1]) * 60 + tonumber(local._parts[2])) # minutes

  # From which day of the change's month the clocks may have changed, and from which they surely have.
  _changes = {
    eu   = { on = { month = 3, maybe = 25, surely = 32 }, off = { month = 10, maybe = 25, surely = 32 } } # last Sundays
    none = { on = { month = 13, maybe = 1, surely = 1 }, off = { month = 13, maybe = 1, surely = 1 } }
    us   = { on = { month = 3, maybe = 8, surely = 15 }, off = { month = 11, maybe = 1, surely = 8 } } # second and first Sunday
  }
  _change = local._changes[local._zone.summer_time]

  _has_changed = {
    for month in local._start.months : month => {
      for kind, change in local._change : kind => (
        month != change.month ? (month > change.month ? ["yes"] : ["no"])
        : local._day >= change.surely ? ["yes"] : local._day >= change.maybe ? ["no", "yes"] : ["no"]
      )
    }
  }

  # Minutes that the local clock is ahead of UTC; two where the year decides.
  _ahead = {
    for month, changed in local._has_changed : month => distinct([
      for pair in setproduct(changed.on, changed.off) : local._offset + (pair[0] == "yes" && pair[1] == "no" ? 60 : 0)
    ])
  }

  _month_names = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]

  starts = var.schedule.cron != null ? [] : [
    for month in sort(formatlist("%02d", local._start.months)) : join(", ", concat(
      [format("%s %d at %02d:%02d UTC", local._month_names[tonumber(month) - 1], local._day, local._hour, local._minute)],
      var.schedule.time_zone == null ? [] : [join(" ", [
        join(" or ", [
          for ahead in local._ahead[tonumber(month)] : format("%02d:%02d%s",
            floor((local._hour * 60 + local._minute + ahead + 1440) / 60) % 24,
            (local._minute + ahead + 1440) % 60,
            local._hour * 60 + local._minute + ahead < 0 ? " of the day before" : local._hour * 60 + local._minute + ahead >= 1440 ? " of the next day" : "",
          )
        ]),
        local._zone.name,
      ])],
    ))
  ]
}
