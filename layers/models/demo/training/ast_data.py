"""ast_data.py NGROUPS SEED OUT : windows of 5.12 s for the voice detector, both classes through the SAME random chain (speed, 8 kHz band-limit,
codec, noise, gain) -> Kaldi filter bank, 128 bins. In the environment: FSDD (see clips.py), HUMAN: folder with more recordings of people
(any format ffmpeg reads), a name that begins with a reader's number divisible by HELD_OUT_EVERY is left for evaluation."""
import sys, os, random, json, subprocess, tempfile, numpy as np, glob
import texts; from dsp import *; from clips import FSDD, fsdd_clips, noise
N5 = int(5.12 * SR)
def mel_k(f): return 1127 * np.log(1 + f / 700)
def kaldi_filters():
    pts = np.linspace(mel_k(20.), mel_k(8000.), 130); m = mel_k(np.arange(257) * 31.25)[:, None]     # triangles in mel space
    up = (m - pts[:-2]) / (pts[1:-1] - pts[:-2]); dn = (pts[2:] - m) / (pts[2:] - pts[1:-1]); return np.maximum(0, np.minimum(up, dn)).astype(np.float32)
KF = kaldi_filters(); HANN = np.hanning(400).astype(np.float32)                                         # symmetric hann
def fbank(x, T=512):
    """ASTFeatureExtractor: 25/10 ms, snip edges, DC removal, pre-emphasis .97, symmetric hann, fft 512, log(max(mel, eps)); pad with 0 BEFORE normalisation"""
    n = 1 + (len(x) - 400) // 160
    f = np.lib.stride_tricks.as_strided(x.astype(np.float32), (n, 400), (4 * 160, 4)).copy(); f -= f.mean(1, keepdims=True)
    f = np.concatenate([f[:, :1] * (1 - .97), f[:, 1:] - .97 * f[:, :-1]], 1) * HANN
    p = np.abs(np.fft.rfft(f, 512)).astype(np.float32) ** 2; o = np.log(np.maximum(p @ KF, 1.192092955078125e-07))
    return np.concatenate([o, np.zeros((T - n, 128), np.float32)])[:T] if n < T else o[:T]
MEAN, STD = -4.2677393, 4.5689974
def ast_features(x): return (fbank(x) - MEAN) / (STD * 2)
def digit_concat(rng, clips, n=N5):
    out, L, gm = [], 0, rng.choice([200, 3000, 8000])
    target = rng.randint(int(1.2 * SR), n)
    while L < target:
        x = rng.choice(clips[rng.randrange(10)]); x = x / (np.abs(x).max() + 1e-6) * .5; g = np.zeros(rng.randint(0, gm)); out += [x, g]; L += len(x) + len(g)
    return np.concatenate(out)[:n].astype(np.float32)
def crop(rng, x, n=N5):
    k = n if rng.random() < .6 else rng.randint(int(1.5 * SR), n)
    if len(x) <= k: return x
    a = rng.randrange(len(x) - k); return x[a:a + k]
def synth_text(rng, lang):
    r = rng.random()
    if r < .35: return texts.digits(lang, rng.randint(3, 9))
    return ', '.join(texts.grammar(lang) for _ in range(rng.randint(1, 3)))
def synth(rng, voice=None):
    r = rng.random(); lang = 'en'
    if voice: kind, v = voice; lang = v.split('-')[0].split('+')[0] if kind == 'espeak' else 'en'
    elif r < .45: lang = rng.choice(['en', 'en', 'de', 'es', 'fr']); kind, v = 'espeak', rng.choice(BASE[lang]) + ('+' + rng.choice(TRAIN_VARIANTS)).rstrip('+')
    elif r < .72: kind, v = 'flite', rng.choice(['kal', 'kal16', 'awb', 'slt'])
    elif r < .82: kind, v = 'fest', rng.choice(['voice_kal_diphone', 'voice_cmu_us_slt_arctic_hts', 'voice_ked_diphone'])
    else: lang = rng.choice(['en', 'en', 'de', 'es', 'fr']); kind, v = 'pico', rng.choice(PICO[lang])
    sp, pi, st = rng.randint(120, 200), rng.randint(15, 85), rng.uniform(.85, 1.2)
    say = lambda t: espeak(t, v, sp, pi) if kind == 'espeak' else flite(t, v, st) if kind == 'flite' else pico(t, v, sp - 50, pi + 60) if kind == 'pico' else festival(t, v)
    if rng.random() < .2 and kind != 'fest': return digit_concat(rng, {d: [trim(say(texts.DIG[lang][d]))] for d in range(10)})
    return crop(rng, trim(say(synth_text(rng, lang))))
def speed(rng, x):
    if rng.random() < .4: return x
    q = rng.choice([88, 91, 94, 97, 103, 106, 110, 114]); return resample_poly(x, 100, q).astype(np.float32)
CODECS = [None] * 8 + [('mp3', ['-c:a', 'libmp3lame', '-b:a', b]) for b in ('24k', '48k', '96k')] + [('ogg', ['-c:a', 'libopus', '-b:a', b]) for b in ('12k', '24k', '48k')] + [('m4a', ['-c:a', 'aac', '-b:a', '32k']), ('wav', ['-c:a', 'pcm_mulaw', '-ar', '8000'])]
def codec(x, c):
    if c is None: return x
    with tempfile.TemporaryDirectory() as d:
        a, b = f'{d}/a.wav', f'{d}/b.{c[0]}'; write_wav(a, x)
        subprocess.run(['ffmpeg', '-v', 'error', '-y', '-i', a, *c[1], b], check=True); y = read_file(b)
    return np.pad(y, (0, max(0, len(x) - len(y))))[:len(x)]
def chain(rng, group, aug=True):
    """group: list of waveforms (<= N5). One codec per group; the group mixes classes."""
    out = []
    for x in group:
        if aug: x = speed(rng, x)[:N5]
        if rng.random() < .6: x = to16k(resample_poly(x, 1, 2).astype(np.float32), 8000)
        x = x[:N5] / (np.abs(x).max() + 1e-6) * .5
        if rng.random() < .8: x = x + noise(rng, len(x)) * np.sqrt((x ** 2).mean()) * 10 ** (-rng.uniform(8, 40) / 20)
        out.append((x * 10 ** (-rng.uniform(0, 24) / 20)).astype(np.float32))
    L = [len(x) for x in out]; y = codec(np.concatenate(out), rng.choice(CODECS)); o = 0; res = []
    for n in L: res.append(y[o:o + n]); o += n
    return res
def main():
    ng, seed, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]; rng = random.Random(seed); random.seed(seed)
    F = [fsdd_clips(f'{FSDD}/{s}.tar.xz') for s in ('george', 'jackson', 'nicolas', 'theo')]
    reader = lambda p: int((os.path.basename(p).split('-')[0] + ' ').split()[0]) if os.path.basename(p)[0].isdigit() else 1
    L = [read_file(p) for p in sorted(glob.glob(os.environ.get('HUMAN', 'data/human') + '/*')) if reader(p) % int(os.environ.get('HELD_OUT_EVERY', 4))]
    print(len(L), 'recordings of people', flush=True)
    X, Y = [], []
    for g in range(ng):
        grp, lab = [], []
        for i in range(24):
            if i % 2 == 0: x = digit_concat(rng, rng.choice(F)) if rng.random() < .2 or not L else crop(rng, rng.choice(L)); lab.append(0)
            else:
                x = synth(rng); lab.append(1)
                if len(x) < 8000: x = synth(rng)
            grp.append(x)
        for x, y in zip(chain(rng, grp), lab): X.append(fbank(x).astype(np.float16)); Y.append(y)
        if g % 10 == 9: print(g, flush=True)
    np.save(out + '.npy', np.stack(X)); json.dump(Y, open(out + '.json', 'w')); print('done', len(X))
if __name__ == '__main__': main()
