"""From files and rendered scenes to batches."""
