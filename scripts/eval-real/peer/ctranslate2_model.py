"""Writes a Whisper checkpoint in the hub's layout as a CTranslate2 model, so that faster-whisper runs on the same weights.

usage: ctranslate2_model.py CHECKPOINT OUTPUT

The inverse of what CTranslate2's own converter reads, without PyTorch and without the hub: tensors keep their type (half or
single precision), int8 is made by CTranslate2 when it loads the model.
"""

import json
import os
import re
import shutil
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np

BINARY_VERSION = 6
SPECIFICATION = ("WhisperSpec", 3)
DTYPES = [np.float32, np.int8, np.int16, np.int32, np.float16]
GELU = 3


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    types = {"F32": np.float32, "F16": np.float16}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[8 + length + begin : 8 + length + end], types[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def variables_of(state, heads):
    """CTranslate2's names; query, key and value are one matrix, and a key's bias, which Whisper lacks, is zero."""
    result = {}

    def linear(target, *sources):
        weights = [state[f"{source}.weight"] for source in sources]
        biases = [
            state.get(f"{source}.bias", np.zeros(weight.shape[0], weight.dtype))
            for source, weight in zip(sources, weights)
        ]
        result[f"{target}/weight"] = np.concatenate(weights)
        result[f"{target}/bias"] = np.concatenate(biases)

    def norm(target, source):
        result[f"{target}/gamma"] = state[f"{source}.weight"]
        result[f"{target}/beta"] = state[f"{source}.bias"]

    for side in ("encoder", "decoder"):
        root = f"model.{side}"
        result[f"{side}/position_encodings/encodings"] = state[f"{root}.embed_positions.weight"]
        result[f"{side}/num_heads"] = np.int16(heads[side])
        norm(f"{side}/layer_norm", f"{root}.layer_norm")
        layers = {int(match[1]) for name in state if (match := re.match(rf"{root}\.layers\.(\d+)\.", name))}
        for layer in sorted(layers):
            source, target = f"{root}.layers.{layer}", f"{side}/layer_{layer}"
            own = f"{source}.self_attn"
            norm(f"{target}/self_attention/layer_norm", f"{own}_layer_norm")
            linear(f"{target}/self_attention/linear_0", f"{own}.q_proj", f"{own}.k_proj", f"{own}.v_proj")
            linear(f"{target}/self_attention/linear_1", f"{own}.out_proj")
            if side == "decoder":
                cross = f"{source}.encoder_attn"
                norm(f"{target}/attention/layer_norm", f"{cross}_layer_norm")
                linear(f"{target}/attention/linear_0", f"{cross}.q_proj")
                linear(f"{target}/attention/linear_1", f"{cross}.k_proj", f"{cross}.v_proj")
                linear(f"{target}/attention/linear_2", f"{cross}.out_proj")
            norm(f"{target}/ffn/layer_norm", f"{source}.final_layer_norm")
            linear(f"{target}/ffn/linear_0", f"{source}.fc1")
            linear(f"{target}/ffn/linear_1", f"{source}.fc2")
    for name in ("conv1", "conv2"):
        for part in ("weight", "bias"):
            result[f"encoder/{name}/{part}"] = state[f"model.encoder.{name}.{part}"]
    result["decoder/embeddings/weight"] = state["model.decoder.embed_tokens.weight"]
    result["decoder/activation"] = np.int8(GELU)
    result["decoder/alibi"] = np.int8(0)
    result["decoder/alignment_heads"] = np.int16(1)
    result["decoder/alignment_layer"] = np.int16(-1)
    result["decoder/pre_norm"] = np.int8(1)
    result["decoder/scale_embeddings"] = np.int8(0)
    result["decoder/start_from_zero_embedding"] = np.int8(0)
    return result


def model_bytes(variables):
    def text(value):
        encoded = value.encode() + b"\0"
        return struct.pack("<H", len(encoded)) + encoded

    name, revision = SPECIFICATION
    parts = [struct.pack("<I", BINARY_VERSION), text(name), struct.pack("<II", revision, len(variables))]
    for key in sorted(variables):
        values = np.ascontiguousarray(variables[key])
        shape = variables[key].shape
        parts.append(text(key) + struct.pack(f"<B{len(shape)}I", len(shape), *shape))
        parts.append(struct.pack("<BI", DTYPES.index(values.dtype.type), values.nbytes) + values.tobytes())
    parts.append(struct.pack("<I", 1) + text("decoder/projection/weight") + text("decoder/embeddings/weight"))
    return b"".join(parts)


def configuration(generation):
    languages = sorted(generation.get("lang_to_id", {}).values())
    return {
        "alignment_heads": generation["alignment_heads"],
        "lang_ids": languages,
        "suppress_ids": generation["suppress_tokens"],
        "suppress_ids_begin": generation["begin_suppress_tokens"],
    }


def vocabulary(tokenizer, size):
    tokens = [""] * size
    for token, index in tokenizer["model"]["vocab"].items():
        if index < size:
            tokens[index] = token
    for entry in tokenizer["added_tokens"]:
        if entry["id"] < size:
            tokens[entry["id"]] = entry["content"]
    # Timestamps are in no tokenizer.json of a few checkpoints: one each 20 ms, at the end.
    stamps = 1501
    for index in range(stamps):
        tokens[size - stamps + index] = f"<|{index * 0.02:.2f}|>"
    return tokens


def main():
    checkpoint, output = map(Path, sys.argv[1:3])
    config = json.loads((checkpoint / "config.json").read_text())
    generation = json.loads((checkpoint / "generation_config.json").read_text())
    tokenizer = json.loads((checkpoint / "tokenizer.json").read_text())
    state = read_safetensors(checkpoint / "model.safetensors")
    heads = {side: config[f"{side}_attention_heads"] for side in ("encoder", "decoder")}
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent) as temporary:
        folder = Path(temporary) / "model"
        folder.mkdir()
        (folder / "model.bin").write_bytes(model_bytes(variables_of(state, heads)))
        (folder / "config.json").write_text(json.dumps(configuration(generation)))
        (folder / "vocabulary.json").write_text(json.dumps(vocabulary(tokenizer, config["vocab_size"])))
        shutil.copy(checkpoint / "tokenizer.json", folder)
        try:
            os.rename(folder, output)
        except OSError:
            # Somebody else was faster.
            if not output.is_dir():
                raise


main()
