"""Prints where Silero's own package hears speech in files of 16 kHz mono s16le, in samples, with the package's defaults.

Where silero-vad is not installed, faster-whisper's copy of it is asked, with the same values.
"""
import json
import sys
from importlib.metadata import version

import numpy


def silero_vad():
    import torch
    from silero_vad import get_speech_timestamps, load_silero_vad

    torch.set_num_threads(1)
    model = load_silero_vad(onnx=True)
    return f"silero-vad {version('silero-vad')}", lambda audio: get_speech_timestamps(torch.from_numpy(audio), model)


def faster_whisper():
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(threshold=0.5, min_speech_duration_ms=250, min_silence_duration_ms=100, speech_pad_ms=30)
    return f"faster-whisper {version('faster-whisper')}", lambda audio: get_speech_timestamps(audio, options)


def main():
    for choice in (silero_vad, faster_whisper):
        try:
            name, timestamps = choice()
            break
        except ImportError:
            continue
    else:
        print(json.dumps({"version": None, "timestamps": []}))
        return
    found = []
    for path in sys.argv[1:]:
        audio = numpy.fromfile(path, dtype="<i2").astype(numpy.float32) / 32768
        found.append([[int(span["start"]), int(span["end"])] for span in timestamps(audio)])
    print(json.dumps({"version": name, "timestamps": found}))


main()
