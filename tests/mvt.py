# SPDX-License-Identifier: AGPL-3.0-or-later
"""Just enough of the Mapbox Vector Tile specification 2.1 to read the attributes of features back."""

import struct


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def _fields(data):
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at)
        elif kind == 2:
            length, at = _varint(data, at)
            value, at = data[at : at + length], at + length
        else:
            length = {1: 8, 5: 4}[kind]
            value, at = struct.unpack("<d" if kind == 1 else "<f", data[at : at + length])[0], at + length
        yield number, value


def _value(data):
    for number, value in _fields(data):
        if number == 1:
            return value.decode()
        if number == 6:
            return (value >> 1) ^ -(value & 1)
        return bool(value) if number == 7 else value
    return None


def _packed(data):
    at, numbers = 0, []
    while at < len(data):
        number, at = _varint(data, at)
        numbers.append(number)
    return numbers


def layers(tile):
    """Layer name → list of the attributes of its features."""
    found = {}
    for number, layer in _fields(bytes(tile)):
        if number != 3:
            continue
        name, keys, values, tags = "", [], [], []
        for field, value in _fields(layer):
            if field == 1:
                name = value.decode()
            elif field == 2:
                tags.append(next((_packed(part) for kind, part in _fields(value) if kind == 2), []))
            elif field == 3:
                keys.append(value.decode())
            elif field == 4:
                values.append(_value(value))
        pairs = [zip(one[::2], one[1::2], strict=True) for one in tags]
        found[name] = [{keys[key]: values[value] for key, value in pair} for pair in pairs]
    return found
