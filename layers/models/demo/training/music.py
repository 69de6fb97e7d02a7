"""Sound that is neither speech nor noise, as raw log-mels: tones with harmonics in chords and melodies, plucked, held or wavering, and beats."""
import numpy as np; from dsp import *
rng = np.random.default_rng(6); N = 16 * SR; bank = []
for i in range(32):
    x = np.zeros(N, np.float32); beat = rng.uniform(.12, .9); shape = i % 4
    for at in np.arange(0, 15.5, beat):
        for _ in range(rng.integers(1, 5)):
            n = int(min(beat * rng.uniform(.6, 3), 15.9 - at) * SR); t = np.arange(n) / SR; f = 80 * 2 ** (rng.integers(0, 48) / 12)
            wave = np.zeros(n)
            for h in range(1, rng.integers(2, 9)):
                if f * h < 7800: wave += np.sin(2 * np.pi * f * h * t + (rng.uniform(2, 8) / 5 * np.sin(2 * np.pi * 5.5 * t) if shape == 2 else 0)) / h ** rng.uniform(.5, 2)
            env = np.exp(-rng.uniform(1, 8) * t / beat) if shape in (0, 3) else np.minimum(1, np.minimum(t, t[::-1]) / .03)
            a = int(at * SR); x[a:a + n] += (wave * env * rng.uniform(.2, 1)).astype(np.float32)
        if shape == 3 or rng.random() < .2:                     # a drum
            n = int(.08 * SR); a = int(at * SR); x[a:a + n] += (rng.standard_normal(n) * np.exp(-np.arange(n) / n * 5) * rng.uniform(1, 4)).astype(np.float32)
    bank.append(logmel_raw(x / np.sqrt((x ** 2).mean()) * .1).astype(np.float16))
np.save('data/music.npy', np.stack(bank)); print('music', np.stack(bank).shape)
