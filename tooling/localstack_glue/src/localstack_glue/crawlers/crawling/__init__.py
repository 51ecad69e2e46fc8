"""What a crawl does, step by step: list, sample, classify, group into tables, write to the catalog."""
