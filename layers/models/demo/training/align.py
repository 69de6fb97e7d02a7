"""align.py CKPT : which decoder cross-attention heads follow the audio (for word timestamps). Training speakers only."""
import sys, json, random, numpy as np, torch, math
from tok import Tok; from model import *; from dsp import *; from clips import FSDD, fsdd_clips; import texts
torch.set_num_threads(1); tok = Tok(); s = torch.load(sys.argv[1]); m = Whisper(s['cfg']); m.load_state_dict(s['model']); m.eval(); rng = random.Random(3)
store = {}
def hook(i):
    a = m.model.decoder.layers[i].encoder_attn
    def f(x, kv=None, mask=None):
        B, T, D = x.shape; S = kv.shape[1]; q = (a.q_proj(x) * a.dh ** -.5).view(B, T, a.h, a.dh).transpose(1, 2); k = a.k_proj(kv).view(B, S, a.h, a.dh).transpose(1, 2); w = (q @ k.transpose(-1, -2)).softmax(-1); store[i] = w[0]
        v = a.v_proj(kv).view(B, S, a.h, a.dh).transpose(1, 2); return a.out_proj((w @ v).transpose(1, 2).reshape(B, T, D))
    a.forward = f
NL = s['cfg']['decoder_layers']; [hook(i) for i in range(NL)]
C = [fsdd_clips(f'{FSDD}/{x}.tar.xz') for x in ('george', 'theo')]; hit = np.zeros((NL, 4)); err = [[[] for _ in range(4)] for _ in range(NL)]; n = 0
for _ in range(40):
    c = rng.choice(C); y = np.random.default_rng(rng.randrange(9999)).standard_normal(160000).astype(np.float32) * 1e-3; p = rng.randrange(8000, 20000); ws = []
    for _ in range(rng.randint(3, 7)):
        d = rng.randrange(10); x = rng.choice(c[d]); x = x / np.abs(x).max() * .4
        if p + len(x) > 150000: break
        y[p:p + len(x)] += x; ws.append((d, p / SR, (p + len(x)) / SR)); p += len(x) + rng.randrange(1000, 7000)
    ids = [tok.sot, tok.lang['en'], tok.transcribe, tok.nots] + [tok.word(texts.DIG['en'][d])[0] for d, _, _ in ws]
    with torch.no_grad(): e = m.model.encoder(torch.from_numpy(features(y).T[None].copy())); m.model.decoder(torch.tensor([ids]), e)
    for k, (d, a, b) in enumerate(ws):
        n += 1
        for l in range(NL):
            for h in range(4): t = store[l][h][3 + k].argmax().item() * .02; hit[l, h] += a - .1 <= t <= b + .1; err[l][h].append(abs(t - (a + b) / 2))
r = [(l, h, round(hit[l, h] / n, 3), round(float(np.median(err[l][h])) * 1000)) for l in range(NL) for h in range(4)]
print('layer head hit-rate median|t-centre| ms'); [print(*x) for x in r]
best = sorted(r, key=lambda x: -x[2]); keep = [[x[0], x[1]] for x in best if x[2] > max(.6, best[0][2] - .05)]; json.dump(keep or [[best[0][0], best[0][1]]], open('out/align_heads.json', 'w')); print(keep)
