# Plain data between the candidate's interpreter and the judge's: JSON, with a tagged object for every type that
# JSON does not keep apart. Both sides use this; the judge trusts nothing that it decodes.
import _collections
import _json
import builtins
import os
import struct
import sys
import types

MAX_MESSAGE_BYTES = 16 << 20
MAX_ITERATOR_ITEMS = 1 << 20

_ITERATORS = (types.GeneratorType, map, filter, zip, enumerate, reversed, type(iter([])), type(iter(())),
              type(iter("")), type(iter({})), type(iter({}.values())), type(iter({}.items())), type(iter(set())),
              type(iter(range(0))), type(reversed([])))
_KEYS, _VALUES, _ITEMS = type({}.keys()), type({}.values()), type({}.items())


def _type_of(module, name):
    """A type of a module, if anybody has imported that: who has not has no value of it."""
    return getattr(sys.modules.get(module), name, None)


class TooBig(Exception):
    """A message above MAX_MESSAGE_BYTES."""


class BadData(Exception):
    """Bytes from the other side that encode no value."""


def items_of(iterable):
    """What it gives, as a list. Without end, or nearly so, it is too big."""
    parts = []
    for part in iterable:
        parts.append(part)
        if len(parts) > MAX_ITERATOR_ITEMS:
            raise TooBig()
    return parts


class Encoder:
    """Turns values into JSON-able ones. What is no plain data becomes a handle that only this side can open."""

    def __init__(self, opaque):
        self._opaque = opaque  # value -> what stands for it

    def encode(self, value):
        kind = type(value)
        if kind is str or kind is int or kind is float or kind is bool or value is None:
            return value
        encode = self.encode
        if kind is list:
            return [encode(part) for part in value]
        if kind is tuple:
            return {"t": [encode(part) for part in value]}
        if kind is dict:
            return {"d": [[encode(key), encode(part)] for key, part in value.items()]}
        return self._encode_rare(kind, value)

    def _encode_rare(self, kind, value):
        encode = self.encode
        # Subclasses travel as their base: their own __eq__, __iter__ or __len__ must not reach the judge.
        if issubclass(kind, int):
            return int.__add__(value, 0)
        if issubclass(kind, float):
            return float.__pos__(value)
        if issubclass(kind, str):
            return str.__str__(value)
        if issubclass(kind, list):
            return [encode(part) for part in list.__iter__(value)]
        if issubclass(kind, tuple):
            return {"t": [encode(part) for part in tuple.__iter__(value)]}
        if issubclass(kind, dict):
            return {"d": [[encode(key), encode(part)] for key, part in dict.items(value)]}
        if issubclass(kind, frozenset):
            return {"f": [encode(part) for part in frozenset.__iter__(value)]}
        if issubclass(kind, set):
            return {"s": [encode(part) for part in set.__iter__(value)]}
        if issubclass(kind, bytes):
            return {"b": bytes.hex(value)}
        if issubclass(kind, bytearray):
            return {"a": bytearray.hex(value)}
        if issubclass(kind, complex):
            return {"c": [value.real, value.imag]}
        if kind is range:
            return {"r": [value.start, value.stop, value.step]}
        if kind is _type_of("decimal", "Decimal"):
            return {"D": str(value)}
        if kind is _type_of("fractions", "Fraction"):
            return {"F": [value.numerator, value.denominator]}
        if kind is _collections.deque:
            return {"q": [encode(part) for part in value]}
        if kind is _KEYS:
            return {"k": [encode(part) for part in value]}
        if kind is _VALUES:
            return {"v": [encode(part) for part in value]}
        if kind is _ITEMS:
            return {"m": [[encode(key), encode(part)] for key, part in value]}
        if kind in _ITERATORS:
            return {"i": [encode(part) for part in items_of(value)]}
        return {"h": self._opaque(value)}


class Decoder:
    """The way back. Raises BadData for anything that Encoder does not make."""

    def __init__(self, handle):
        self._handle = handle  # what stands for an opaque value -> the value here

    def decode(self, value):
        kind = type(value)
        if kind is str or kind is int or kind is float or kind is bool or value is None:
            return value
        if kind is list:
            return [self.decode(part) for part in value]
        if kind is not dict or len(value) != 1:
            raise BadData("an object with other than one key")
        (tag, body), = value.items()
        try:
            return self._decode_tagged(tag, body)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise BadData(f"not a value of kind {tag!r}: {error}") from None

    def _decode_tagged(self, tag, body):
        decode = self.decode
        if tag == "t":
            return tuple([decode(part) for part in body])
        if tag == "d":
            return {decode(key): decode(part) for key, part in body}
        if tag == "s":
            return {decode(part) for part in body}
        if tag == "f":
            return frozenset([decode(part) for part in body])
        if tag == "b":
            return bytes.fromhex(body)
        if tag == "a":
            return bytearray.fromhex(body)
        if tag == "c":
            return complex(float(body[0]), float(body[1]))
        if tag == "r":
            return range(body[0], body[1], body[2])
        if tag == "D":
            import decimal
            return decimal.Decimal(body)
        if tag == "F":
            import fractions
            return fractions.Fraction(body[0], body[1])
        if tag == "q":
            return _collections.deque([decode(part) for part in body])
        if tag == "k":
            return {decode(part): None for part in body}.keys()
        if tag == "v":
            return dict(enumerate([decode(part) for part in body])).values()
        if tag == "m":
            return {decode(key): decode(part) for key, part in body}.items()
        if tag == "i":
            return iter([decode(part) for part in body])
        if tag == "h":
            return self._handle(body)
        raise BadData(f"an unknown kind {tag!r}")


def _write_all(fd, data, write=os.write):
    view = memoryview(data)
    while view:
        view = view[write(fd, view):]


def _read_exactly(fd, size, read=os.read):
    parts = []
    while size:
        part = read(fd, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _not_plain(value):
    raise TypeError(f"{type(value).__name__} is no part of a message")


class _Plain:
    """What the scanner makes of JSON: Python's own choices."""
    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int = float, int
    parse_constant = {"-Infinity": -float("inf"), "Infinity": float("inf"), "NaN": float("nan")}.__getitem__


# The halves in C of Python's `json`, made once. The package itself would make them for each message, and brings regular
# expressions along, half of an interpreter's start.
_text_parts = _json.make_encoder(None, _not_plain, _json.encode_basestring_ascii, None, ": ", ", ", False, False, True)
_scan = _json.make_scanner(_Plain)


def to_json(message, parts=_text_parts):
    return "".join(parts(message, 0))


def from_json(text, scan=_scan):
    """ValueError where it is no JSON, or has more behind it; RecursionError where it is too deep."""
    try:
        message, end = scan(text, 0)
    except StopIteration:
        raise ValueError("no JSON") from None
    if end != len(text):
        raise ValueError("more than one JSON value")
    return message


def send(fd, message, dumps=to_json, pack=struct.pack):
    """Writes one message: its length in four bytes, then JSON."""
    data = dumps(message).encode("ascii")
    if len(data) > MAX_MESSAGE_BYTES:
        raise TooBig()
    _write_all(fd, pack("<I", len(data)) + data)


def receive(fd, loads=from_json, unpack=struct.unpack, read=os.read):
    """Reads one message. EOFError where the other side is gone."""
    data = read(fd, 65536)  # nobody speaks twice in a row: this is one message, or the first part of one
    if len(data) < 4:
        data += _read_exactly(fd, 4 - len(data))
    size, = unpack("<I", data[:4])
    if size > MAX_MESSAGE_BYTES:
        raise TooBig()
    missing = 4 + size - len(data)
    if missing < 0:
        raise BadData("more than one message")
    if missing:
        data += _read_exactly(fd, missing)
    try:
        return loads(data[4:].decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise BadData(str(error)) from None
