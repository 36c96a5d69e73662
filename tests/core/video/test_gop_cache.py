import av

from core.video.gop_cache import PictureCache, size


def picture(side: int = 16) -> av.VideoFrame:
    return av.VideoFrame(side, side, "yuv420p")


ONE = size(picture())


def test_never_exceeds_its_limit_and_keeps_what_is_before_the_frame_looked_for() -> None:
    cache = PictureCache(10 * ONE)
    assert cache.get(30) is None
    for n in range(40):
        cache.put(n, picture())
        assert cache.used <= 10 * ONE
    assert [n for n in range(40) if n in cache] == [*range(22, 32)]


def test_the_frames_kept_move_along() -> None:
    cache = PictureCache(3 * ONE)
    for n in (5, 6, 7):
        cache.put(n, picture())
    cache.get(5)
    cache.put(4, picture())
    assert 7 not in cache
    cache.get(9)
    cache.put(9, picture())
    assert 4 not in cache


def test_putting_twice_counts_once_and_what_is_too_big_is_not_kept() -> None:
    cache = PictureCache(3 * ONE)
    cache.put(5, picture())
    cache.put(5, picture())
    assert cache.used == ONE
    cache.put(6, picture(64))
    assert 6 not in cache
    assert cache.used <= 3 * ONE
    cache.clear()
    assert (cache.used, cache.get(5)) == (0, None)
