"""faster-whisper behind a pipe: a JSON request a line on stdin, a JSON answer a line on stdout.

{"do": "normalise", "texts": [...]}               OpenAI's English normaliser
{"do": "transcribe", "model": folder, "pcm": file of s16le at 16 kHz, "compute": "int8", "threads": 2,
 "batch": 0 for none, "options": of WhisperModel.transcribe}
{"do": "versions"}
"""

import json
import resource
import sys
import time
from importlib.metadata import version

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from whisper_normalizer.english import EnglishTextNormalizer

models = {}
normaliser = EnglishTextNormalizer()


def model_of(request):
    key = (request["model"], request["compute"], request["threads"])
    if key not in models:
        models[key] = WhisperModel(
            request["model"], device="cpu", compute_type=request["compute"], cpu_threads=request["threads"],
            local_files_only=True,
        )
    return models[key]


def describe(segment):
    words = [{"start": w.start, "end": w.end, "text": w.word} for w in segment.words or []]
    return {"start": segment.start, "end": segment.end, "text": segment.text, "words": words}


def transcribe(request):
    model = model_of(request)
    samples = np.fromfile(request["pcm"], np.int16).astype(np.float32) / 32768
    wall, cpu = time.perf_counter(), time.process_time()
    if request["batch"]:
        segments, info = BatchedInferencePipeline(model).transcribe(
            samples, batch_size=request["batch"], **request["options"])
    else:
        segments, info = model.transcribe(samples, **request["options"])
    segments = [describe(segment) for segment in segments]
    return {
        "language": info.language,
        "segments": segments,
        "seconds": time.perf_counter() - wall,
        "cpuSeconds": time.process_time() - cpu,
        "peakRssMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def answer(request):
    if request["do"] == "normalise":
        return {"texts": [normaliser(text) for text in request["texts"]]}
    if request["do"] == "versions":
        names = ("faster-whisper", "ctranslate2", "onnxruntime", "whisper-normalizer")
        return {"python": sys.version.split()[0], **{name: version(name) for name in names}}
    return transcribe(request)


for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
