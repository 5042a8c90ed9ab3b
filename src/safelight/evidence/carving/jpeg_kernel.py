"""Decode the entropy-coded data of one JPEG scan, without making pixels (ITU-T T.81, annexes F and G).

What is decoded is checked: every code must be in its table, no block may have more than 64 coefficients, a
coefficient may not be larger than any 8 × 8 block of samples can give, restarts must be numbered in order.
Data that belongs to another file breaks one of these rules within some hundred bytes, as a rule.

Positions are indices into `data`. `state` (int64, `STATE` long) goes in and out:
byte and bit where the next MCU begins, its number, the run of blocks still to be skipped (EOBRUN), the four
DC predictions, and how it ended. Data before `leave` is continued at `enter`.

The step that makes sure of 32 bits stands wherever bits are read, here and in `jpeg_progressive.py`: as a function,
inlined by numba or not, it made decoding slower by 12 to 20 %.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from safelight.evidence.carving.compiled import compiled

STATE = 12
BYTE, BIT, MCU, SKIP, PREDICTED, END, FAULT = 0, 1, 2, 3, 4, 8, 9
"""Indices into `state`; `PREDICTED` is the first of four. `FAULT` is where decoding stopped."""
DONE, MORE, BROKEN, STOPPED = 0, 1, 2, 3
"""How a scan ended: complete; at the end of `data`; at something impossible; at `stop`."""
LOOK = 10
"""Bits looked up at once; longer codes are searched for by their length."""
_SEEN = (1 << LOOK) - 1


@compiled
def _refill(data: Any, position: int, end: int, leave: int, enter: int, acc: int, bits: int) -> Any:
    """Read bytes until more than 32 bits are held. Returns (position, acc, bits, stopped)."""
    if position + 4 <= end and not (position <= leave < position + 4):
        word = (
            (np.int64(data[position]) << 24)
            | (np.int64(data[position + 1]) << 16)
            | (np.int64(data[position + 2]) << 8)
            | np.int64(data[position + 3])
        )
        if ((word & 0x7F7F7F7F) + 0x01010101) & word & 0x80808080 == 0:
            return position + 4, (acc << 32) | word, bits + 32, 0
    while bits <= 48:
        if position == leave:
            position = enter
        if position >= end:
            return position, acc, bits, 1
        byte: Any = np.int64(data[position])
        if byte == 0xFF:
            after = position + 1
            if after == leave:
                after = enter
            if after >= end:
                return position, acc, bits, 1
            if data[after] != 0:
                return position, acc, bits, 2
            position = after
        position += 1
        acc = (acc << 8) | byte
        bits += 8
    return position, acc, bits, 0


@compiled
def _exact(data: Any, position: int, bits: int, leave: int, enter: int) -> Any:
    """Go back over the whole bytes that were read ahead. Returns (byte, bit) of the next unread bit."""
    whole = bits >> 3
    rest = bits & 7
    if rest:
        whole += 1
    for _ in range(whole):
        if position == enter and leave >= 0:
            position = leave
        position -= 1
        if data[position] == 0:
            before = position
            if before == enter and leave >= 0:
                before = leave
            if before > 0 and data[before - 1] == 0xFF:
                position = before - 1
    return position, (8 - rest) if rest else 0


@compiled
def _long_code(acc: int, bits: int, table: int, most: Any, offsets: Any) -> Any:
    """Find a code of more than `LOOK` bits. Returns (its length, index of its symbol), or (0, 0)."""
    for length in range(LOOK + 1, 17):
        code = (acc >> (bits - length)) & ((1 << length) - 1)
        if code <= most[table, length]:
            return length, code + offsets[table, length]
    return 0, 0


@compiled
def sequential(
    data: Any,
    end: int,
    leave: int,
    enter: int,
    stop: int,
    total: int,
    restart: int,
    blocks: Any,
    look: Any,
    most: Any,
    offsets: Any,
    symbols: Any,
    largest: Any,
    state: Any,
    levels: Any,
) -> int:
    """Decode MCUs of a baseline or extended sequential scan from `state` on; returns how it ended.

    Args:
        stop: stop at the first MCU that begins at or after it.
        total, restart: MCUs of the scan, and between two restarts (0: none).
        blocks: (n, 4) int64 for each block of an MCU: component, DC table, AC table, and the number of its component
            in the scan where it is the first block of that, else -1.
        look, most, offsets, symbols: the Huffman tables (`jpeg_tables.py`).
        largest: (4, 64) int64: the most bits of each coefficient of a component; [c, 0] is the largest DC.
        levels: int32: gets the DC of the first block of each component of each MCU, a component after the other;
            nothing where it is empty.
    """
    position, mcu = state[BYTE], state[MCU]
    p0, p1, p2, p3 = state[PREDICTED], state[PREDICTED + 1], state[PREDICTED + 2], state[PREDICTED + 3]
    acc, bits, pad, stopped = np.int64(0), np.int64(0), np.int64(0), 0
    skip = state[BIT]
    if skip:
        position, acc, bits, stopped = _refill(data, position, end, leave, enter, acc, bits)
        bits -= skip
        if bits < 0:
            state[END] = MORE
            return MORE
    count = blocks.shape[0]
    ended = DONE
    predicted = np.empty(4, np.int64)
    predicted[0], predicted[1], predicted[2], predicted[3] = p0, p1, p2, p3
    while True:
        # Where this MCU begins, should it not be whole.
        position0, bits0, pad0, mcu0 = position, bits, pad, mcu
        p0, p1, p2, p3 = predicted[0], predicted[1], predicted[2], predicted[3]
        if mcu >= total:
            break
        if position >= stop:
            byte, bit = _exact(data, position, bits - pad, leave, enter)
            if byte >= stop:
                ended = STOPPED
                break
        if restart and mcu and mcu % restart == 0:
            # What is left of the last byte is padding; then comes the next restart marker.
            if bits - pad >= 8:
                ended = BROKEN
                break
            at = position
            if at == leave:
                at = enter
            after = at + 1
            if after == leave:
                after = enter
            if at >= end or after >= end:
                ended = MORE
                break
            if data[at] != 0xFF or data[after] != 0xD0 + ((mcu // restart - 1) & 7):
                ended = BROKEN
                break
            position = after + 1
            acc, bits, pad, stopped = np.int64(0), np.int64(0), np.int64(0), 0
            predicted[0] = predicted[1] = predicted[2] = predicted[3] = 0
        wrong = False
        for b in range(count):
            c, dc, ac = blocks[b, 0], blocks[b, 1], blocks[b, 2]
            if bits < 32:
                if stopped == 0:
                    position, acc, bits, stopped = _refill(data, position, end, leave, enter, acc, bits)
                if bits < 32:
                    acc, bits, pad = acc << 32, bits + 32, pad + 32
            entry = look[dc, (acc >> (bits - LOOK)) & _SEEN]
            if entry:
                length, size = (entry & 31) - ((entry >> 8) & 15), (entry >> 8) & 255
            else:
                length, index = _long_code(acc, bits, dc, most, offsets)
                if length == 0:
                    wrong = True
                    break
                size = symbols[dc, index & 255]
            if size > 15:
                wrong = True
                break
            bits -= length + size
            if size:
                value = (acc >> bits) & ((1 << size) - 1)
                if value < (1 << (size - 1)):
                    value -= (1 << size) - 1
                predicted[c] += value
                if predicted[c] > largest[c, 0] or predicted[c] < -largest[c, 0]:
                    wrong = True
                    break
            slot = blocks[b, 3]
            if slot >= 0 and levels.shape[0]:
                levels[slot * total + mcu] = predicted[c]
            k = 1
            while k < 64:
                if bits < 32:
                    if stopped == 0:
                        position, acc, bits, stopped = _refill(data, position, end, leave, enter, acc, bits)
                    if bits < 32:
                        acc, bits, pad = acc << 32, bits + 32, pad + 32
                entry = look[ac, (acc >> (bits - LOOK)) & _SEEN]
                if entry:
                    bits -= entry & 31
                    size, run = (entry >> 8) & 15, entry >> 12
                else:
                    length, index = _long_code(acc, bits, ac, most, offsets)
                    if length == 0:
                        wrong = True
                        break
                    symbol = symbols[ac, index & 255]
                    size, run = symbol & 15, symbol >> 4
                    bits -= length + size
                if size:
                    k += run
                    if k > 63 or size > largest[c, k]:
                        wrong = True
                        break
                    k += 1
                elif run == 15:
                    k += 16
                elif run == 0:
                    break
                else:
                    wrong = True
                    break
            if wrong or k > 64:
                wrong = True
                break
            if bits < pad:
                break
        if bits < pad:  # it used more than there is
            ended = MORE if stopped == 1 else BROKEN
            break
        if wrong:
            ended = BROKEN
            break
        mcu += 1
    if ended in (DONE, STOPPED):
        fault, _ = _exact(data, position, bits - pad, leave, enter)
    else:
        real = max(bits - pad, 0)
        fault, _ = _exact(data, position, real, leave, enter)
    byte, bit = _exact(data, position0, bits0 - pad0, leave, enter)
    if ended == DONE and bit:
        byte += 1
        if byte == leave:
            byte = enter
        # the last byte was a stuffed one
        if data[byte - 1] == 0xFF and byte < end and data[byte] == 0:
            byte += 1
        bit = 0
    state[BYTE], state[BIT], state[MCU] = byte, bit, mcu0
    state[SKIP] = 0
    state[PREDICTED], state[PREDICTED + 1], state[PREDICTED + 2], state[PREDICTED + 3] = p0, p1, p2, p3
    state[END], state[FAULT] = ended, fault
    return ended
