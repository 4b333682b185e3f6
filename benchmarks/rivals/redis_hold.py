"""Holds in Redis: a Lua script that checks all nights and then takes them, asked over a unix socket.

A room type is a string of bytes, one a night, so that a stay is read and written by one command each whatever its
length (a hash with a field a night was slower). One hold at a time is one EVALSHA. Many holds are packed into one
argument, a thousand to a script: pipelined EVALSHAs took three times as long, and larger scripts were no faster and
let everybody else wait longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.data import FIRST_NIGHT, Chain, Request
from benchmarks.measure import Contestant
from benchmarks.redis_server import RedisServer
from nightgrid import Outcome

_OK, _OUTSIDE, _SOLD_OUT = (int(code) for code in (Outcome.OK, Outcome.OUTSIDE_HORIZON, Outcome.SOLD_OUT))
_FIRST = FIRST_NIGHT.toordinal()
_TTL_MS = 900_000
_CHUNK = 1_000
_PACKED = np.dtype([("row", "<u4"), ("arrival", "<u2"), ("nights", "<u2"), ("rooms", "<u2")])

#: The steps that both scripts share: take `rooms` from `key` for `nights` from `first`, or answer why not.
_TAKE = f"""
local call, byte, char, unpack = redis.call, string.byte, string.char, unpack
local function take(key, first, nights, rooms)
  local seen = call('GETRANGE', key, first, first + nights - 1)
  if #seen < nights then return {_OUTSIDE} end
  local left = {{byte(seen, 1, nights)}}
  for night = 1, nights do
    local rest = left[night] - rooms
    if rest < 0 then return {_SOLD_OUT} end
    left[night] = rest
  end
  call('SETRANGE', key, first, char(unpack(left)))
  return {_OK}
end
"""

_HOLD = (
    _TAKE
    + f"""
local key, first, nights, rooms = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local code = take(key, first, nights, rooms)
if code == {_OK} then
  local id = call('INCR', 'last')
  call('HSET', 'holds', id, key .. ':' .. first .. ':' .. nights .. ':' .. rooms .. ':' .. ARGV[4])
end
return code
"""
)

_HOLD_MANY = (
    _TAKE
    + f"""
local packed, deadline, id = ARGV[1], ARGV[2], tonumber(call('GET', 'last') or '0')
local codes, count, at = {{}}, 0, 1
while at <= #packed do
  local row, first, nights, rooms, after = struct.unpack('<I4I2I2I2', packed, at)
  local code = take('free:' .. row, first, nights, rooms)
  if code == {_OK} then
    id = id + 1
    call('HSET', 'holds', id, string.sub(packed, at, after - 1) .. deadline)
  end
  count = count + 1
  codes[count] = code
  at = after
end
call('SET', 'last', id)
return codes
"""
)


class _RedisRooms(Contestant):
    """Free rooms of the room types that are asked about, and the holds."""

    name = "redis"

    def __init__(self, chain: Chain, rows: dict[str, int], server: RedisServer) -> None:
        self._client = server.client()
        self._keys = list(rows)
        free = chain.free[list(rows.values())].astype(np.uint8)
        self._free = [nights.tobytes() for nights in free]
        self.reset()

    def reset(self) -> None:
        self._client.flushdb()
        for start in range(0, len(self._keys), _CHUNK):
            part = slice(start, start + _CHUNK)
            self._client.mset(dict(zip(self._keys[part], self._free[part], strict=True)))

    def state(self) -> NDArray[np.int64]:
        """(holds, room nights) that are held."""
        before = after = 0
        for start in range(0, len(self._keys), _CHUNK):
            part = slice(start, start + _CHUNK)
            before += int(np.frombuffer(b"".join(self._free[part]), np.uint8).sum(dtype=np.int64))
            after += int(np.frombuffer(b"".join(self._client.mget(self._keys[part])), np.uint8).sum(dtype=np.int64))
        return np.array([self._client.hlen("holds"), before - after], np.int64)


class RedisHold(_RedisRooms):
    """One hold at a time, by names."""

    def __init__(self, chain: Chain, questions: Sequence[Request], server: RedisServer) -> None:
        rows = {f"free:{each.hotel_id}:{each.room_type_id}": each.row for each in questions}
        super().__init__(chain, rows, server)
        self._script = self._client.script_load(_HOLD)

    def ask(self, question: Request) -> int:
        key = f"free:{question.hotel_id}:{question.room_type_id}"
        first = question.date.toordinal() - _FIRST
        code: int = self._client.evalsha(self._script, 1, key, first, question.nights, question.rooms, _TTL_MS)
        return code


class RedisHoldMany(_RedisRooms):
    """Many holds in scripts of a thousand; the columns are packed within the time, as frames are for nightgrid."""

    def __init__(self, chain: Chain, questions: Sequence[Sequence[Request]], server: RedisServer) -> None:
        rows = {f"free:{each.row}": each.row for batch in questions for each in batch}
        super().__init__(chain, rows, server)
        self._script = self._client.script_load(_HOLD_MANY)
        self._columns = {
            id(batch): np.array([(each.row, each.arrival, each.nights, each.rooms) for each in batch], np.int64).T
            for batch in questions
        }

    def ask(self, question: Sequence[Request]) -> Any:
        columns = self._columns[id(question)]
        packed = np.empty(columns.shape[1], _PACKED)
        for name, column in zip(_PACKED.names or (), columns, strict=True):
            packed[name] = column
        codes: list[int] = []
        for start in range(0, len(packed), _CHUNK):
            part = packed[start : start + _CHUNK].tobytes()
            codes += self._client.evalsha(self._script, 0, part, _TTL_MS)
        return codes
