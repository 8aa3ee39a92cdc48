"""The way of an image from its topic to whoever takes it, and of the outputs back."""
