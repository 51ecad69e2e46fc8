"""QuickSight: data sources and data sets are stored but not queried."""
