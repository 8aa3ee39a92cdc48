"""The encoder by itself: weights from elsewhere, and pretraining of our own."""
