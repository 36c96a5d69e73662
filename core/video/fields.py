"""H.264 coded as fields: which packets begin a picture, and which hold the second field of the one before."""

from collections.abc import Iterator
from typing import NamedTuple

SLICES = (1, 5)  # nal_unit_type: of other pictures, of those that need none before (ITU-T H.264, table 7-1)
SPS = 7
HIGH = (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135)  # profile_idc with chroma_format_idc
START = b"\0\0\1"
HEADER = 64  # bytes that hold what is read of a slice's header


class Field(NamedTuple):
    bottom: int
    frame_num: int


class FieldPairs:
    """Reads the headers of a stream's packets, in the order they are stored.

    interlaced: whether pictures may be coded as fields at all; where not, each packet is a picture.
    """

    def __init__(self, extradata: bytes | None) -> None:
        data = extradata or b""
        # bytes of a length before each unit
        self._prefix = (data[4] & 3) + 1 if len(data) > 6 and data[0] == 1 else 0
        self._frame_num_bits, self._planes, self.interlaced = 0, False, False
        self._first: Field | None = None  # a field that waits for its second one
        if self._prefix:
            length = int.from_bytes(data[6:8], "big")
            self._read_sps(data[8 : 8 + length])
        else:
            for unit in _units(data, 0):
                if unit[0] & 31 == SPS:
                    self._read_sps(unit)

    def begins_picture(self, packet: bytes) -> bool:
        """Whether a picture begins in the packet; not so for the second field of one, or for no picture at
        all.
        """
        begins = sliced = False
        for unit in _units(packet, 0 if packet.startswith(b"\0" + START) else self._prefix):
            kind = unit[0] & 31
            sliced |= kind in SLICES
            if kind == SPS:
                self._read_sps(unit)
            # first_mb_in_slice = 0
            elif kind in SLICES and len(unit) > 1 and unit[1] & 128 and self._frame_num_bits:
                begins |= self._new(self._field(unit))
        return begins or not self._frame_num_bits or not (sliced or self.interlaced)

    def _new(self, field: Field | None) -> bool:
        first, self._first = self._first, None
        if first and field and first.frame_num == field.frame_num and first.bottom != field.bottom:
            return False
        self._first = field
        return True

    def _field(self, unit: bytes) -> Field | None:
        """None for a whole frame. Section 7.3.3 of ITU-T H.264."""
        bits = _Bits(unit[1:HEADER])
        for _ in range(3):  # first_mb_in_slice, slice_type, pic_parameter_set_id
            bits.exponential()
        if self._planes:
            bits.take(2)
        frame_num = bits.take(self._frame_num_bits)
        return Field(bits.take(1), frame_num) if self.interlaced and bits.take(1) else None

    def _read_sps(self, unit: bytes) -> None:
        """Section 7.3.2.1.1 of ITU-T H.264, as far as frame_mbs_only_flag."""
        if len(unit) < 5:
            return
        bits = _Bits(unit[1:])
        profile = bits.take(8)
        bits.take(16)
        bits.exponential()
        chroma, self._planes = 1, False
        if profile in HIGH:
            chroma = bits.exponential()
            self._planes = chroma == 3 and bool(bits.take(1))
            bits.exponential(), bits.exponential(), bits.take(1)
            if bits.take(1):
                for n in range(12 if chroma == 3 else 8):
                    if bits.take(1):
                        _skip_scaling_list(bits, 16 if n < 6 else 64)
        self._frame_num_bits = bits.exponential() + 4
        order = bits.exponential()
        if order == 0:
            bits.exponential()
        elif order == 1:
            bits.take(1), bits.exponential(), bits.exponential()
            for _ in range(bits.exponential()):
                bits.exponential()
        bits.exponential(), bits.take(1), bits.exponential(), bits.exponential()
        self.interlaced = not bits.take(1)


class _Bits:
    """Bits of a NAL unit from its second byte on, zeros beyond its end."""

    def __init__(self, data: bytes) -> None:
        data = data.replace(b"\0\0\3", b"\0\0")
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        shifted = self._value >> self._left if self._left >= 0 else self._value << -self._left
        return shifted & ((1 << count) - 1)

    def exponential(self) -> int:
        """ue(v) of section 9.1; se(v) takes as many bits."""
        zeros = 0
        while self._left > 0 and not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            code = bits.exponential()
            following = (last + ((code + 1) // 2 if code % 2 else -(code // 2))) % 256
        last = following or last


def _units(data: bytes, prefix: int) -> Iterator[bytes]:
    """The NAL units of a packet, none of them empty; prefix: bytes of the length before each, 0 for start
    codes.
    """
    at = 0
    if prefix:
        while at + prefix < len(data):
            length = int.from_bytes(data[at : at + prefix], "big")
            at += prefix
            if length:
                yield data[at : at + length]
            at += length
        return
    at = data.find(START)
    while at >= 0:
        following = data.find(START, at + 3)
        unit = data[at + 3 : following] if following >= 0 else data[at + 3 :]
        if unit:
            yield unit
        at = following
