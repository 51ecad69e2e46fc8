"""QuickSight: data sources and data sets are stored; nothing is asked of them."""
