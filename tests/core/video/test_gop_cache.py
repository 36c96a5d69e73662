import numpy as np
import pytest

from core.video.gop_cache import ByteCache


def test_never_exceeds_its_limit_and_drops_the_oldest() -> None:
    cache = ByteCache(1000)
    for key in range(20):
        cache.put(key, np.zeros(key * 10, np.uint8))
        assert cache.used <= 1000
    assert 19 in cache
    assert 1 not in cache


def test_looking_at_an_array_keeps_it() -> None:
    cache = ByteCache(30)
    for key in "abc":
        cache.put(key, np.zeros(10, np.uint8))
    cache.get("a")
    cache.put("d", np.zeros(10, np.uint8))
    assert "a" in cache
    assert "b" not in cache


def test_replacing_counts_once_and_what_is_too_big_is_not_kept() -> None:
    cache = ByteCache(30)
    cache.put("a", np.zeros(10, np.uint8))
    cache.put("a", np.zeros(20, np.uint8))
    assert cache.used == 20
    cache.put("b", np.zeros(31, np.uint8))
    assert "b" not in cache
    assert cache.used == 20
    cache.clear()
    assert (cache.used, cache.get("a")) == (0, None)


def test_arrays_become_read_only() -> None:
    array = np.zeros(3, np.uint8)
    ByteCache(10).put("a", array)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
