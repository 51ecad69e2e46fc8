"""A LocalStack with the Glue service on this machine: started, found again, stopped."""
