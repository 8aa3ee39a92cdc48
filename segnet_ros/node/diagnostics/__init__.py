"""What the node tells of itself, and the advice that it gives."""
