# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The slice of a flush that the server runs by itself.

Keys never travel: SCAN, the check against protected patterns and UNLINK happen in one short script. On one server and
1.2 million keys that removed 640,000 to 680,000 keys a second with the library's plain client, as much as moving the raw
replies of SCAN into UNLINKs by hand (640,000 to 790,000, but with a protocol parser of our own), and other clients kept a
p99 of 2 ms. Since Redis 5 a script is replicated by its effects, so replicas get the same UNLINKs.
"""

from __future__ import annotations

from collections.abc import Sequence

from .glob import Glob

COUNT, FLUSH, FLUSH_SINGLY = "count", "flush", "flush singly"
SAMPLES = 5

SLICE = r"""
-- ARGV: cursor, pattern, COUNT, mode, samples; then of each protected pattern its literal, the number of its pieces,
-- and of each piece its Lua pattern and its length. See glob.py for why pieces.
local find, concat = string.find, table.concat
local reply = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local keys, mode = reply[2], ARGV[4]

-- A pattern whose literal is in none of these keys protects none of them; one search for all is 50 times cheaper.
local guards, all, at = {}, concat(keys, '\0'), 6
while at <= #ARGV do
  local pieces = tonumber(ARGV[at + 1])
  if find(all, ARGV[at], 1, true) then
    local guard = {literal = ARGV[at]}
    for i = 1, pieces do
      guard[i] = {'^' .. ARGV[at + 2 * i], ARGV[at + 2 * i], tonumber(ARGV[at + 2 * i + 1])}
    end
    guards[#guards + 1] = guard
  end
  at = at + 2 + 2 * pieces
end

local function matches(key, guard)
  if not find(key, guard.literal, 1, true) then return false end
  local first, last = guard[1], guard[#guard]
  if not find(key, first[1]) then return false end
  if #guard == 1 then return #key == first[3] end
  local pos, stop = first[3] + 1, #key - last[3]
  if pos > stop + 1 or not find(key, last[1], stop + 1) then return false end
  for i = 2, #guard - 1 do
    local from, to = find(key, guard[i][2], pos)
    if not from or to > stop then return false end
    pos = to + 1
  end
  return true
end

local function is_protected(key)
  for _, guard in ipairs(guards) do
    if matches(key, guard) then return true end
  end
  return false
end

local chosen = keys
if #guards > 0 then
  chosen = {}
  for _, key in ipairs(keys) do
    if not is_protected(key) then chosen[#chosen + 1] = key end
  end
end

-- unpack takes at most 8,000; a cluster takes keys of different slots only one by one.
local gone, width = 0, mode == 'flush singly' and 1 or 4000
if mode ~= 'count' then
  for i = 1, #chosen, width do
    gone = gone + redis.call('UNLINK', unpack(chosen, i, math.min(i + width - 1, #chosen)))
  end
end
return {reply[1], #chosen, #keys - #chosen, gone, {unpack(chosen, 1, math.min(#chosen, tonumber(ARGV[5])))}}
"""


def guards(protected: Sequence[Glob]) -> list[bytes | int]:
    """The protected patterns as the script takes them."""
    arguments: list[bytes | int] = []
    for glob in protected:
        arguments += [glob.literal, len(glob.pieces)]
        for piece in glob.pieces:
            arguments += [piece.lua, piece.length]
    return arguments
