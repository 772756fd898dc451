"""A pose model's bundle made from its networks, with the metadata that mediapipe reads."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

_ALIGN: Final = 16  # TFLite reads tensor buffers in place, at this alignment
_METADATA_NAME: Final = b"TFLITE_METADATA"
_MODEL_FIELDS: Final = 8  # fields of the Model table in the TFLite schema
_FIELD_BUFFERS: Final = 4
_FIELD_METADATA: Final = 6


def bundle(networks: Mapping[str, bytes]) -> bytes:
    """Make a stored zip of the networks, each starting at an aligned offset; deterministic."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as archive:
        for name, network in networks.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o644 << 16
            header = memory.tell() + 30 + len(name.encode()) + 4
            # An extra field of zeros pads the header (as Android's zipalign does).
            info.extra = struct.pack("<HH", 0xD935, -header % _ALIGN) + bytes(-header % _ALIGN)
            archive.writestr(info, network)
    return memory.getvalue()


def with_normalization(network: bytes, mean: float, std: float) -> bytes:
    """Add metadata to the TFLite network, saying how to scale its input picture.

    A network that has metadata already is returned as it is. Otherwise a new
    root table with one more buffer and one more metadata entry is put in front,
    and the network follows unchanged. FlatBuffers offsets only point forward,
    so the new table can refer to all the old parts, and nothing has to move:
    the tensor buffers keep their alignment.
    """
    if network[4:8] != b"TFL3":
        raise ValueError("not a TFLite network")
    old = _read_model(network)
    if _METADATA_NAME in old.metadata_names:
        return network

    metadata = _normalization_metadata(mean, std)
    # All positions below are in the new file. The old one starts at `shift`,
    # which is known once the prefix is laid out, so lay it out first.
    vtable = 8
    table = _aligned(vtable + 4 + 2 * _MODEL_FIELDS, 4)
    buffers = table + 4 + 4 * _MODEL_FIELDS
    entries = buffers + 4 + 4 * (len(old.buffers) + 1)
    entry_vtable = entries + 4 + 4 * (len(old.metadata) + 1)
    entry = _aligned(entry_vtable + 8, 4)
    name = entry + 12
    buffer_vtable = _aligned(name + 4 + len(_METADATA_NAME) + 1, 4)
    buffer = _aligned(buffer_vtable + 6, 4)
    data = _aligned(buffer + 8 + 4, _ALIGN) - 4  # the length, then aligned bytes
    shift = _aligned(data + 4 + len(metadata), _ALIGN)

    prefix = bytearray(shift)

    def put(layout: str, position: int, *values: int | bytes) -> None:
        struct.pack_into("<" + layout, prefix, position, *values)

    put("I4s", 0, table, b"TFL3")
    put("HH", vtable, 4 + 2 * _MODEL_FIELDS, 4 + 4 * _MODEL_FIELDS)
    put("i", table, table - vtable)
    moved = [None if place is None else place + shift for place in old.fields]
    moved[_FIELD_BUFFERS], moved[_FIELD_METADATA] = buffers, entries
    for field, place in enumerate(moved):
        slot = table + 4 + 4 * field
        if field == 0:
            put("I", slot, old.version)
        elif place is not None:
            put("I", slot, place - slot)
        else:
            continue  # absent: its vtable slot stays 0
        put("H", vtable + 4 + 2 * field, slot - table)

    for vector, targets in (
        (buffers, [*(b + shift for b in old.buffers), buffer]),
        (entries, [*(m + shift for m in old.metadata), entry]),
    ):
        put("I", vector, len(targets))
        for position, target in enumerate(targets):
            slot = vector + 4 + 4 * position
            put("I", slot, target - slot)

    put("HHHH", entry_vtable, 8, 12, 4, 8)
    put("iII", entry, entry - entry_vtable, name - (entry + 4), len(old.buffers))
    put("I", name, len(_METADATA_NAME))
    prefix[name + 4 : name + 4 + len(_METADATA_NAME)] = _METADATA_NAME
    put("HHH", buffer_vtable, 6, 8, 4)
    put("iI", buffer, buffer - buffer_vtable, data - (buffer + 4))
    put("I", data, len(metadata))
    prefix[data + 4 : data + 4 + len(metadata)] = metadata
    return bytes(prefix) + network


@dataclass(frozen=True, slots=True)
class _Model:
    """Where the parts of a TFLite file's root table lie (file offsets)."""

    version: int
    fields: list[int | None]
    buffers: list[int]
    metadata: list[int]
    metadata_names: list[bytes]


def _read_model(network: bytes) -> _Model:
    def number(layout: str, position: int) -> int:
        return cast(int, struct.unpack_from("<" + layout, network, position)[0])

    def follow(position: int) -> int:
        return position + number("I", position)

    def field_at(table: int, field: int) -> int | None:
        vtable = table - number("i", table)
        if 4 + 2 * field >= number("H", vtable):
            return None
        offset = number("H", vtable + 4 + 2 * field)
        return table + offset if offset else None

    def vector(start: int | None) -> list[int]:
        if start is None:
            return []
        return [follow(start + 4 + 4 * i) for i in range(number("I", start))]

    root = follow(0)
    places = [field_at(root, field) for field in range(_MODEL_FIELDS)]
    version = number("I", places[0]) if places[0] is not None else 0
    fields = [None, *(None if place is None else follow(place) for place in places[1:])]
    metadata = vector(fields[_FIELD_METADATA])
    names = []
    for entry in metadata:
        place = field_at(entry, 0)
        if place is not None:
            text = follow(place)
            names.append(network[text + 4 : text + 4 + number("I", text)])
    return _Model(version, fields, vector(fields[_FIELD_BUFFERS]), metadata, names)


def _normalization_metadata(mean: float, std: float) -> bytes:
    """Model metadata that holds only what PoseLandmarker needs: pixel = (value - mean) / std."""
    import flatbuffers  # comes with mediapipe
    from mediapipe.tasks.metadata import metadata_schema_py_generated as schema

    options = schema.NormalizationOptionsT()
    options.mean, options.std = [mean], [std]
    unit = schema.ProcessUnitT()
    unit.optionsType = schema.ProcessUnitOptions.NormalizationOptions
    unit.options = options
    image = schema.ImagePropertiesT()
    image.colorSpace = schema.ColorSpaceType.RGB
    content = schema.ContentT()
    content.contentPropertiesType = schema.ContentProperties.ImageProperties
    content.contentProperties = image
    tensor = schema.TensorMetadataT()
    tensor.name, tensor.content, tensor.processUnits = "image", content, [unit]
    subgraph = schema.SubGraphMetadataT()
    subgraph.inputTensorMetadata = [tensor]
    model = schema.ModelMetadataT()
    model.subgraphMetadata = [subgraph]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"M001")
    return bytes(builder.Output())


def _aligned(position: int, to: int) -> int:
    return position + -position % to
