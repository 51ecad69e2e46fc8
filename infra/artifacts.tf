# The files that the tooling built, and the contents of its text files.
locals {
  artifacts = {
    for dataset, feed in var.contracts : dataset => {
      contract = "${var.artifacts_folder}/contracts/${coalesce(feed.file, "${dataset}.yaml")}"
      package  = "${var.artifacts_folder}/etl_job.zip"
      script   = "${var.artifacts_folder}/main.py"
      wheels   = var.private_network == null ? null : "${var.artifacts_folder}/etl_job.gluewheels.zip"
    }
  }

  # Data contracts of the Open Data Contract Standard; the first schema object of each is the feed.
  _schemas = { for dataset, files in local.artifacts : dataset => yamldecode(file(files.contract)).schema[0] }
  _custom = {
    for dataset, schema in local._schemas : dataset => {
      for name in ["csv", "features", "files"] : name => one([for property in try(schema.customProperties, []) : property.value if property.property == name])
    }
  }

  contracts = {
    for dataset, schema in local._schemas : dataset => {
      columns = [for property in schema.properties : try(coalesce(property.physicalName), property.name)] # as files name them
      format  = try(local._custom[dataset].files.format, "csv")
      csv = {
        delimiter    = try(local._custom[dataset].csv.delimiter, null)
        header       = try(local._custom[dataset].csv.header, null)
        quote_symbol = try(local._custom[dataset].csv.quoteSymbol, null)
      }
    }
  }

  # The columns that queries of a feed's published tables use: those of its entity, and the one that counts rows. Feeds whose
  # contract has no features have none.
  features = {
    for dataset, custom in local._custom : dataset => { count_column = custom.features.count, entity = custom.features.entity }
    if try(custom.features.count, null) != null && can(length(custom.features.entity)) # a single series has none
  }

  # requirements.txt without comments. Glue separates requirements by commas, so a requirement with several extras is written
  # once per extra, which means the same to pip.
  _requirements = [
    for line in split("\n", file("${var.artifacts_folder}/requirements.txt")) :
    trimspace(replace(line, "/(^|\\s)#.*$/", "")) if trimspace(replace(line, "/(^|\\s)#.*$/", "")) != ""
  ]
  python_modules = flatten([
    for requirement in local._requirements : [
      for extra in try(split(",", regex("\\[([^\\]]+)\\]", requirement)[0]), [""]) :
      extra == "" ? requirement : replace(requirement, "/\\[[^\\]]+\\]/", "[${trimspace(extra)}]")
    ]
  ])
}
