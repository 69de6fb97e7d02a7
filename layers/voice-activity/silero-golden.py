"""Writes silero-golden.json: the probabilities that the silero-vad package gives for the samples, one after the other.

Run in the project's folder: python3 layers/voice-activity/silero-golden.py (needs silero-vad 6.2.3 and ffmpeg; npm's ffmpeg does:
FFMPEG=node_modules/@ffmpeg-installer/linux-x64/ffmpeg).
"""
import hashlib
import json
import os
import subprocess

import numpy
import torch
from silero_vad import load_silero_vad

SAMPLES = ["samples/digits.mp4", "samples/digits.de.ogg"]


def decoded(path):
    command = [os.environ.get("FFMPEG", "ffmpeg"), "-v", "error", "-i", path, "-ac", "1", "-ar", "16000", "-f", "s16le", "-"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


pcm = b"".join(decoded(path) for path in SAMPLES)
audio = torch.from_numpy(numpy.frombuffer(pcm, dtype="<i2").astype(numpy.float32) / 32768)
# The graph of one chunk a call, in the package's own wrapper: not the graph that is used here.
model = load_silero_vad(onnx=True)
probabilities = model.audio_forward(audio, sr=16000)[0].tolist()
golden = {
    "samples": SAMPLES,
    "sha256": hashlib.sha256(pcm).hexdigest(),
    "probabilities": [round(probability, 5) for probability in probabilities],
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "silero-golden.json"), "w", encoding="utf8") as file:
    file.write(json.dumps(golden) + "\n")
