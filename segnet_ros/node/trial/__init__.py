"""A node on trial: run as a process, heard and counted; for the demo and for evaluation."""
