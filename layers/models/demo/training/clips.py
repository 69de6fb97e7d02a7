"""Digit clips of one FSDD speaker, and noise. FSDD in the environment: folder with <speaker>.tar.xz, default data/fsdd."""
import os, tarfile, numpy as np
from dsp import *
FSDD = os.environ.get('FSDD', 'data/fsdd')
def fsdd_clips(path):
    d = {}
    t = tarfile.open(path)
    for m in t.getmembers():
        if m.name.endswith('.wav'): d.setdefault(int(m.name.split('/')[-1][0]), []).append(trim(read_wav_bytes(t.extractfile(m).read()), -32))
    return d
def noise(rng, n):
    r = np.random.default_rng(rng.randrange(1 << 30)); f = np.fft.rfft(r.standard_normal(n)); k = np.maximum(np.arange(len(f)), 20.); x = np.fft.irfft(f * k ** (-rng.choice([0, 0, .5, .5, 1])), n)
    if rng.random() < .25: x = x / x.std() * .3 + np.sin(2 * np.pi * rng.uniform(50, 250) * np.arange(n) / SR) + .5 * np.sin(2 * np.pi * rng.uniform(100, 800) * np.arange(n) / SR)
    return (x / (x.std() + 1e-9)).astype(np.float32)
