"""The networks that the paper compares SegNet with; each is found by its name in the registry."""
