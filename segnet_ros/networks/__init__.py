"""The networks that SegNet is compared with; each is found by its name in the registry."""
