"""Held-out evaluation wavs (10 s windows, never trained on): eval/<set>/NNN.wav + eval/<set>.json [{text, lang, start, end}]"""
import random, json, os, shutil, numpy as np, texts
from dsp import *
from clips import fsdd_clips, noise
rng = random.Random(99); random.seed(99)
def place(x, snr=None):
    x = x / (np.abs(x).max() + 1e-6) * rng.uniform(.1, .6); n = 10 * SR; a = rng.randrange(max(1, min(n - len(x), 3 * SR))); y = np.zeros(n, np.float32); x = x[:n - a]; y[a:a + len(x)] = x
    y += noise(rng, n) * (np.sqrt((x ** 2).mean()) * 10 ** (-(snr if snr else rng.uniform(15, 40)) / 20)); return y, a / SR, (a + len(x)) / SR
def dump(name, items):
    os.makedirs(f'eval/{name}', exist_ok=True); meta = []
    for i, (x, text, lang) in enumerate(items):
        if x is None: y, a, b = lang, None, None; lang = None
        else: y, a, b = place(x)
        write_wav(f'eval/{name}/{i:03d}.wav', y); meta.append(dict(text=text, lang=lang, start=a, end=b))
    json.dump(meta, open(f'eval/{name}.json', 'w')); print(name, len(meta), flush=True)
def esp(fn, lang, n):
    for _ in range(n):
        t = fn(lang); v = rng.choice(BASE[lang]) + '+' + rng.choice(HELD_VARIANTS); x = trim(espeak(t, v, rng.randint(130, 195), rng.randint(25, 80)))
        if len(x) < 9 * SR: yield x, t, lang
k37 = lambda l: texts.digits(l, rng.randint(3, 7))
for l in ('en', 'de', 'es', 'fr'):
    dump(f'esp_dig_{l}', esp(k37, l, 40)); dump(f'esp_gram_{l}', esp(texts.grammar, l, 60 if l == 'en' else 40))
fl = lambda fn, n: ((trim(flite(t, 'rms', rng.uniform(.9, 1.15))), t, 'en') for t in (fn('en') for _ in range(n)))
if shutil.which('flite'): dump('rms_dig', fl(k37, 50)); dump('rms_gram', fl(texts.grammar, 60))
else: print('flite is not installed: without rms_dig and rms_gram')
for s in ('unseen_a', 'unseen_b'):
    path = os.path.join(os.environ.get('FSDD_HELD_OUT', 'data/fsdd-held-out'), f'{s}.tar.xz')
    if not os.path.exists(path): print(f'{path} is not there: without fsdd_{s}'); continue
    C = fsdd_clips(path)
    def gen():
        for _ in range(60):
            ds = [rng.randrange(10) for _ in range(rng.randint(3, 7))]; out = []
            for d in ds: x = rng.choice(C[d]); out += [x / (np.abs(x).max() + 1e-6) * .5, np.zeros(rng.randint(800, 5600))]
            yield np.concatenate(out[:-1]).astype(np.float32)[:9 * SR], ' '.join(texts.DIG['en'][d] for d in ds), 'en'
    dump(f'fsdd_{s}', gen())
def silence():
    for i in range(40):
        n = 10 * SR
        if i < 8: y = np.zeros(n, np.float32) if i < 2 else np.random.default_rng(i).standard_normal(n).astype(np.float32) * 10 ** -rng.uniform(2, 4)
        else: y = noise(rng, n) * 10 ** -rng.uniform(.8, 3.5)
        yield None, '', y
dump('nospeech', silence())
