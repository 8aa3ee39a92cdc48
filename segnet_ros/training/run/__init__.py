"""A run of training from its options to its files, resumable at any step."""
