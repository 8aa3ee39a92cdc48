"""What the inference thread does, and with which network."""
