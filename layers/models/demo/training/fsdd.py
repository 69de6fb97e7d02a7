"""Cache FSDD clips (training speakers only) as raw log-mels; also the noise bank."""
import tarfile, json, numpy as np
import texts; from dsp import *; from clips import FSDD
mels, idx, off = [], [], 0
for s in ['george', 'jackson', 'nicolas', 'theo']:
    t = tarfile.open(f'{FSDD}/{s}.tar.xz')
    for m in sorted(t.getmembers(), key=lambda m: m.name):
        if not m.name.endswith('.wav'): continue
        x = trim(read_wav_bytes(t.extractfile(m).read()), db=-32)
        x = x / (np.abs(x).max() + 1e-6) * 0.5
        if len(x) < 1600: continue
        lm = logmel_raw(x).astype(np.float16); d = int(m.name.split('/')[-1][0])
        mels.append(lm); idx.append([off, len(lm), texts.DIG['en'][d], 'en', s]); off += len(lm)
np.save('data/fsdd.npy', np.concatenate(mels)); json.dump(idx, open('data/fsdd.json', 'w')); print('fsdd', len(idx), off / 6000, 'min')
rng = np.random.default_rng(5); N = 16 * SR; bank = []
def shaped(p):                                   # 1/f^p noise
    f = np.fft.rfft(rng.standard_normal(N)); k = np.maximum(np.arange(len(f)), 20); return np.fft.irfft(f * k ** (-p / 2.), N)
def nrm(x): return (x / (np.sqrt((x ** 2).mean()) + 1e-9) * 0.1).astype(np.float32)
t = np.arange(N) / SR
for i in range(48):
    x = nrm(shaped(rng.choice([0, 0, 1, 1, 2, 1.5])))
    if i % 4 == 1:                               # hum / fan harmonics
        f0 = rng.uniform(45, 240); x = nrm(x * .2 + nrm(sum(np.sin(2 * np.pi * f0 * k * t + rng.uniform(0, 6)) / k ** rng.uniform(.3, 1.5) for k in range(1, 15))))
    if i % 4 == 2:                               # slow amplitude modulation (wind, traffic)
        e = np.interp(t, np.linspace(0, 16, 40), rng.uniform(0, 1, 40) ** 3); x = nrm(x * (e + .02))
    if i % 4 == 3:                               # clicks, beeps
        y = np.zeros(N)
        for _ in range(rng.integers(5, 60)):
            a = rng.integers(0, N - 4000); L = rng.integers(40, 3000)
            y[a:a + L] += (rng.standard_normal(L) if rng.random() < .6 else np.sin(2 * np.pi * rng.uniform(200, 4000) * np.arange(L) / SR)) * np.exp(-np.arange(L) / L * 4) * rng.uniform(.1, 1)
        x = nrm(nrm(x) * .1 + nrm(y))
    bank.append(logmel_raw(x).astype(np.float16))
np.save('data/noise.npy', np.stack(bank)); print('noise', np.stack(bank).shape)
