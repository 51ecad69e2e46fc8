"""The steps of a crawl: list, sample, classify, group into tables, write to the catalog."""
