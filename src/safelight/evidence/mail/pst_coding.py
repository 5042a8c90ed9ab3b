"""How Outlook's stores encode their blocks: two fixed substitutions ([MS-PST] 5.1, 5.2). No key is involved."""

from __future__ import annotations

_BACK = bytes.fromhex(
    "47f1b4e60b6a7248854e9eebe2f89453e0bba002e85a09abdbe3bac67cc310dd39059630f53760828cc9134a6b1df3fb"
    "8f2697ca911701c4322d6e3195ffd923d1005e79dc443b1a28c5615720903d83b943be67d2464276c06d5b7eb20f1629"
    "3ca903540dda5ddff6b7c762cd8d06d3695c86d614f7a56675acb1e94521700c879f74a4224c6fbf1f56aa2eb3783350"
    "b0a392bccf191ca763cb1e4d3e4b1b9b4fe7f0eead3ab55904ea40552551e57a893868527bfc27aed7bdfa07f4cc8e5f"
    "ef359c842b15d5773449b6120a7f7188fd9d18417d93d8582ccefe24afdeb836c8a180a69998a82f0e816573e4c2a28a"
    "d4e111d0088b2af2ed9a643fc16cf9ec"
)
"""Undoes the substitution."""
_MIDDLE = bytes.fromhex(
    "14530f56b3c87a9ceb65481716159f02cc547c83000d0c0ba262a876dbd9edc7c5a4dcac8574d6d0a79bae9a967166c3"
    "6399b8dd73928e847da55ed15d93b1575150808952944f4e0a6bbc8d7f6e47464140440111cb033ff7f4e1a98f3c3af9"
    "fbf0193082092ec99da08649ee6f4d6dc42d813425871b88aafc06a11238fd4c4272641337246a757743ffe6b44b365c"
    "e4d8353d45b92cecb7312b290768a30e697b189e2139be281a5b78f523ca2ab0af3efe048ce7e5983295d3f64ae8a6ea"
    "e9f3d52f7020f21f0567ad5510cecde3273bdabad7c226d4911dd21c2233f8faf15aefcf90b68bb5bdc0bf08971e6ce2"
    "61e0c6c159abbb58de5fdf60797eb28a"
)
"""The middle one of the three rotors; it is its own inverse."""
_FORTH = bytes(_BACK.index(value) for value in range(256))

PLAIN, PERMUTED, CYCLIC = 0, 1, 2


def decoded(data: bytes, method: int, block: int) -> bytes:
    """Return the content of the block of the number `block`, whose bytes are encoded by `method`."""
    if method == PERMUTED:
        return data.translate(_BACK)
    if method == CYCLIC:
        return _cyclic(data, block)
    return data


def _cyclic(data: bytes, block: int) -> bytes:
    """Each byte goes through the rotors, moved on by a counter that starts from the block's number."""
    key = (block ^ block >> 16) & 0xFFFF
    out = bytearray(len(data))
    for position, byte in enumerate(data):
        low, high = key & 0xFF, key >> 8
        byte = _MIDDLE[_FORTH[byte + low & 0xFF] + high & 0xFF]
        out[position] = _BACK[byte - high & 0xFF] - low & 0xFF
        key = key + 1 & 0xFFFF
    return bytes(out)
