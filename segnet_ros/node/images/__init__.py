"""Images between messages, files and arrays."""
