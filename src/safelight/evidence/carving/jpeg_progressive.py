"""Decode the entropy-coded data of one scan of a progressive JPEG (ITU-T T.81, annex G), without making pixels.

The rules are those of `jpeg_kernel.py`, whose `state` this is. Of the coefficients only one bit
each is kept: is it known to be other than zero? That decides how many bits a later scan has for it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from safelight.evidence.carving.compiled import compiled
from safelight.evidence.carving.jpeg_kernel import (
    BIT,
    BROKEN,
    BYTE,
    DONE,
    END,
    FAULT,
    LOOK,
    MCU,
    MORE,
    PREDICTED,
    SKIP,
    STOPPED,
    _exact,
    _long_code,
    _refill,
)

_SEEN = (1 << LOOK) - 1
SHORT = 256


@compiled
def progressive(
    data: Any,
    end: int,
    leave: int,
    enter: int,
    stop: int,
    total: int,
    restart: int,
    blocks: Any,
    place: Any,
    band: Any,
    look: Any,
    most: Any,
    offsets: Any,
    symbols: Any,
    largest: Any,
    state: Any,
    levels: Any,
    known: Any,
    log: Any,
) -> int:
    """Decode MCUs of a progressive scan from `state` on; returns how it ended.

    Args (the others as in `sequential`):
        place: where the component of a scan of AC begins in `known`, blocks in its rows there, and in the scan.
        band: first and last coefficient (Ss, Se), approximation before and now (Ah, Al).
        known: int64, one bit for each coefficient of each block that is not zero.
        log: int64: gets each coefficient that became known (block × 64 + k), after their number in log[0]; one
            of up to `SHORT` is for the MCU at hand only.
    """
    first, last, high, low = band[0], band[1], band[2], band[3]
    position, mcu, run_of_blocks = state[BYTE], state[MCU], state[SKIP]
    acc, bits, pad, stopped = np.int64(0), np.int64(0), np.int64(0), 0
    begun = state[BIT]
    if begun:
        position, acc, bits, stopped = _refill(data, position, end, leave, enter, acc, bits)
        bits -= begun
        if bits < 0:
            state[END] = MORE
            return MORE
    count = blocks.shape[0]
    ended = DONE
    predicted, before = np.empty(4, np.int64), np.empty(4, np.int64)
    for c in range(4):
        predicted[c] = state[PREDICTED + c]
    while True:
        if log.shape[0] <= SHORT:
            log[0] = 0
        position0, bits0, pad0, mcu0, run0, logged0 = position, bits, pad, mcu, run_of_blocks, log[0]
        for c in range(4):
            before[c] = predicted[c]
        if mcu >= total:
            if run_of_blocks:
                ended = BROKEN
            break
        if position >= stop:
            byte, bit = _exact(data, position, bits - pad, leave, enter)
            if byte >= stop:
                ended = STOPPED
                break
        if restart and mcu and mcu % restart == 0:
            if bits - pad >= 8 or run_of_blocks:
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
        if run_of_blocks and not high:  # blocks that have nothing in this band
            passed = min(run_of_blocks, total - mcu)
            if restart:
                passed = min(passed, restart - mcu % restart)
            mcu += passed
            run_of_blocks -= passed
            continue
        wrong = False
        for b in range(count):
            c, dc, ac = blocks[b, 0], blocks[b, 1], blocks[b, 2]
            if bits < 32:
                if stopped == 0:
                    position, acc, bits, stopped = _refill(data, position, end, leave, enter, acc, bits)
                if bits < 32:
                    acc, bits, pad = acc << 32, bits + 32, pad + 32
            if first == 0:
                if high:  # one more bit of the DC
                    bits -= 1
                    continue
                entry = look[dc, (acc >> (bits - LOOK)) & _SEEN]
                if entry:
                    length, size = (entry & 31) - ((entry >> 8) & 15), (entry >> 8) & 255
                else:
                    length, index = _long_code(acc, bits, dc, most, offsets)
                    size = symbols[dc, index & 255]
                    if length == 0 or size > 15:
                        wrong = True
                        break
                bits -= length + size
                if size:
                    value = (acc >> bits) & ((1 << size) - 1)
                    if value < (1 << (size - 1)):
                        value -= (1 << size) - 1
                    predicted[c] += value
                    if abs(predicted[c] << low) > largest[c, 0]:
                        wrong = True
                        break
                slot = blocks[b, 3]
                if slot >= 0 and levels.shape[0]:
                    levels[slot * total + mcu] = predicted[c] << low
                continue
            row = mcu // place[2]
            block = place[0] + row * place[1] + mcu - row * place[2]
            k = first
            if run_of_blocks == 0:
                while k <= last:
                    if bits < 32:
                        if stopped == 0:
                            position, acc, bits, stopped = _refill(
                                data, position, end, leave, enter, acc, bits
                            )
                        if bits < 32:
                            acc, bits, pad = acc << 32, bits + 32, pad + 32
                    entry = look[ac, (acc >> (bits - LOOK)) & _SEEN]
                    if entry:
                        length, size, run = (entry & 31) - ((entry >> 8) & 15), (entry >> 8) & 15, entry >> 12
                    else:
                        length, index = _long_code(acc, bits, ac, most, offsets)
                        symbol = symbols[ac, index & 255]
                        size, run = symbol & 15, symbol >> 4
                        if length == 0:
                            wrong = True
                            break
                    bits -= length
                    if size == 0 and run < 15:  # the band ends here, in `run_of_blocks` blocks
                        bits -= run
                        run_of_blocks = np.int64(1) << run
                        if run:
                            run_of_blocks += (acc >> bits) & ((1 << run) - 1)
                        break
                    if high == 0:
                        bits -= size
                        k += run
                        if size == 0:
                            k += 1
                            continue
                        if k > last or size + low > largest[c, k]:
                            wrong = True
                            break
                    else:
                        if size > 1:
                            wrong = True
                            break
                        bits -= size
                        while k <= last:
                            if (known[block] >> k) & 1:
                                if bits < 32:
                                    if stopped == 0:
                                        position, acc, bits, stopped = _refill(
                                            data, position, end, leave, enter, acc, bits
                                        )
                                    if bits < 32:
                                        acc, bits, pad = acc << 32, bits + 32, pad + 32
                                bits -= 1
                            elif run == 0:
                                break
                            else:
                                run -= 1
                            k += 1
                        if size == 0:
                            k += 1
                            continue
                        if k > last:
                            wrong = True
                            break
                    known[block] |= np.int64(1) << k
                    if log[0] + 1 < log.shape[0]:
                        log[0] += 1
                        log[log[0]] = block * 64 + k
                    k += 1
                    if bits < pad:
                        break
            if wrong or bits < pad:
                break
            if run_of_blocks:
                if high:
                    while k <= last:
                        if (known[block] >> k) & 1:
                            if bits < 32:
                                if stopped == 0:
                                    position, acc, bits, stopped = _refill(
                                        data, position, end, leave, enter, acc, bits
                                    )
                                if bits < 32:
                                    acc, bits, pad = acc << 32, bits + 32, pad + 32
                            bits -= 1
                        k += 1
                run_of_blocks -= 1
        if bits < pad:
            ended = MORE if stopped == 1 else BROKEN
            break
        if wrong:
            ended = BROKEN
            break
        mcu += 1
    real = bits - pad
    if real < 0:
        real = np.int64(0)
    fault, _ = _exact(data, position, real, leave, enter)
    byte, bit = _exact(data, position0, bits0 - pad0, leave, enter)
    if ended == DONE and bit:
        byte += 1
        if byte == leave:
            byte = enter
        if data[byte - 1] == 0xFF and byte < end and data[byte] == 0:
            byte += 1
        bit = 0
    # What the unfinished MCU made known is forgotten: it is decoded again.
    while log[0] > logged0:
        known[log[log[0]] >> 6] &= ~(np.int64(1) << (log[log[0]] & 63))
        log[0] -= 1
    state[BYTE], state[BIT], state[MCU], state[SKIP] = byte, bit, mcu0, run0
    for c in range(4):
        state[PREDICTED + c] = before[c]
    state[END], state[FAULT] = ended, fault
    return ended
