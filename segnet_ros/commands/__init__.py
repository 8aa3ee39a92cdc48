"""What all commands share; the commands themselves are where their subject is."""
