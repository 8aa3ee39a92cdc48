"""The node that publishes a video, a folder, a webcam or rendered scenes as a camera."""
