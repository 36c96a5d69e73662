from core.video.frame import Frame
from core.video.source import FrameUnreadable, VideoSource, content_id, open_video

__all__ = ["Frame", "FrameUnreadable", "VideoSource", "content_id", "open_video"]
