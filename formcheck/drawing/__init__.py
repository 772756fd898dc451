"""Pictures: the overlay on video, figures of an exercise, where the camera belongs."""
