"""Pictures and poses: video files, cameras, the pose network and its model, landmark files."""
