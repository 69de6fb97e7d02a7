"""ast_train.py MINUTES OUT.pt [INIT.pt] : ASTForAudioClassification (hub names), hidden 96, 4 layers, patch 16 stride 16, 512 x 128; data/ast_train.{npy,json}."""
import sys, time, math, json, numpy as np, torch, torch.nn as nn, torch.nn.functional as F
CFG = dict(hidden_size=96, num_hidden_layers=4, num_attention_heads=4, intermediate_size=384, max_length=512, num_mel_bins=128, patch_size=16, frequency_stride=16, time_stride=16)
MEAN, STD = -4.2677393, 4.5689974
M = lambda **k: nn.ModuleDict(k)
class AST(nn.Module):
    def __init__(s, c):
        super().__init__(); s.c = c; d = c['hidden_size']; s.nf = (c['num_mel_bins'] - 16) // c['frequency_stride'] + 1; s.nt = (c['max_length'] - 16) // c['time_stride'] + 1
        emb = nn.Module(); emb.cls_token = nn.Parameter(torch.zeros(1, 1, d)); emb.distillation_token = nn.Parameter(torch.zeros(1, 1, d)); emb.position_embeddings = nn.Parameter(torch.randn(1, s.nf * s.nt + 2, d) * .02)
        emb.patch_embeddings = M(projection=nn.Conv2d(1, d, 16, (c['frequency_stride'], c['time_stride'])))
        L = lambda: M(attention=M(attention=M(query=nn.Linear(d, d), key=nn.Linear(d, d), value=nn.Linear(d, d)), output=M(dense=nn.Linear(d, d))), intermediate=M(dense=nn.Linear(d, c['intermediate_size'])), output=M(dense=nn.Linear(c['intermediate_size'], d)), layernorm_before=nn.LayerNorm(d, 1e-12), layernorm_after=nn.LayerNorm(d, 1e-12))
        s.audio_spectrogram_transformer = M(embeddings=emb, encoder=M(layer=nn.ModuleList(L() for _ in range(c['num_hidden_layers']))), layernorm=nn.LayerNorm(d, 1e-12))
        s.classifier = M(layernorm=nn.LayerNorm(d, 1e-12), dense=nn.Linear(d, 2))
    def forward(s, x, p=0.0, keep=None):                                            # x B x T x 128, normalised
        a, c = s.audio_spectrogram_transformer, s.c; B = x.shape[0]; pe = a['embeddings'].patch_embeddings['projection']
        u = x.transpose(1, 2).unfold(1, 16, c['frequency_stride']).unfold(2, 16, c['time_stride'])      # B x nf x nt x 16 x 16, matmul instead of conv2d (oneDNN conv backward bug)
        h = F.linear(u.reshape(B, s.nf * s.nt, 256), pe.weight.view(-1, 256), pe.bias)
        h = torch.cat([a['embeddings'].cls_token.expand(B, -1, -1), a['embeddings'].distillation_token.expand(B, -1, -1), h], 1) + a['embeddings'].position_embeddings
        if keep is not None: h = h[:, keep]                                   # patchout: train on a random subset of the tokens
        n, d, H = h.shape[1], c['hidden_size'], c['num_attention_heads']
        for l in a['encoder']['layer']:
            t = l['layernorm_before'](h); at = l['attention']['attention']; q, k, v = (at[z](t).view(B, n, H, d // H).transpose(1, 2) for z in ('query', 'key', 'value'))
            w = (q @ k.transpose(-1, -2) / math.sqrt(d // H)).softmax(-1); h = h + F.dropout(l['attention']['output']['dense']((w @ v).transpose(1, 2).reshape(B, n, d)), p, s.training)
            h = h + F.dropout(l['output']['dense'](F.gelu(l['intermediate']['dense'](l['layernorm_after'](h)))), p, s.training)
        h = a['layernorm'](h); s.patches = h[:, 2:]; return s.classifier['dense'](s.classifier['layernorm']((h[:, 0] + h[:, 1]) / 2))
def augment(x, rng):
    """x B x T x 128 raw log fbank (zero rows = padding): gain, EQ, time roll, masks, spectral noise floor"""
    B, T, _ = x.shape; pad = (x == 0).all(-1, keepdims=True); z = np.linspace(0, 1, 128)
    for b in range(B):
        n = T - int(pad[b].sum()); y = x[b, :n]
        if n < 60: continue
        y = np.roll(y, rng.integers(n), 0) if rng.random() < .5 else y
        y = y + rng.uniform(-3, 1) + rng.standard_normal() * .8 * (z - .5) + sum(.5 * rng.standard_normal() * np.cos(np.pi * k * z + rng.uniform(0, 6.3)) for k in (1, 2, 3))
        if rng.random() < .25: fl = y.max() - rng.uniform(6, 14); y = np.logaddexp(y, fl + np.log(rng.exponential(1, y.shape) + 1e-4) * .6)
        if rng.random() < .3: w = rng.integers(4, 28); a = rng.integers(0, 128 - w); y[:, a:a + w] = y.mean()
        if rng.random() < .3: w = rng.integers(4, min(60, n // 3)); a = rng.integers(0, n - w); y[a:a + w] = y.mean()
        if rng.random() < .25: n2 = int(rng.integers(100, n)) if n > 130 else n; x[b] = 0; x[b, :n2] = y[:n2]
        else: x[b, :n] = np.maximum(y, -15.94)
    return x
def main():
    minutes = float(sys.argv[1]); torch.manual_seed(0); torch.set_num_threads(1); rng = np.random.default_rng(len(sys.argv))
    X, Y = np.load('data/ast_train.npy', mmap_mode='r'), json.load(open('data/ast_train.json'))
    Y = np.array(Y); N = len(Y); dev = np.arange(N) % 20 == 0; tr = np.where(~dev)[0]
    m = AST(CFG)
    if len(sys.argv) > 3: m.load_state_dict(torch.load(sys.argv[3])['model'])
    print('params', sum(p.numel() for p in m.parameters()), 'windows', N, flush=True); peak = 1.2e-3 if len(sys.argv) < 4 else 8e-4
    aux = nn.Linear(CFG['hidden_size'], 2)                                # auxiliary head on every patch token (dropped afterwards)
    opt = torch.optim.AdamW(list(m.parameters()) + list(aux.parameters()), lr=peak, weight_decay=.05, betas=(.9, .98)); t0 = time.time(); step = 0; acc = []; ema = None; hist = []
    while True:
        fr = (time.time() - t0) / 60 / minutes
        if fr >= 1: break
        for g in opt.param_groups: g['lr'] = peak * min(1, (step + 1) / 100) * (.5 * (1 + math.cos(math.pi * fr)) * .97 + .03)
        i = rng.choice(tr, 24, replace=False); x = augment(X[np.sort(i)].astype(np.float32), rng); y = torch.from_numpy(Y[np.sort(i)])
        m.train(); keep = torch.cat([torch.arange(2), 2 + torch.from_numpy(np.sort(rng.choice(256, 112, replace=False)))]) if fr < (.75 if len(sys.argv) < 4 else .4) else None
        lg = m(torch.from_numpy((x - MEAN) / (STD * 2)), .0, keep); al = aux(m.patches); loss = F.cross_entropy(lg, y) + .5 * F.cross_entropy(al.mean(1), y) + .3 * F.cross_entropy(al.flatten(0, 1), y.repeat_interleave(al.shape[1]))
        opt.zero_grad(set_to_none=True); loss.backward(); torch.nn.utils.clip_grad_norm_(m.parameters(), 1.); opt.step(); step += 1; acc.append([loss.item(), (lg.argmax(1) == y).float().mean().item()])
        if fr > .6:
            sd = m.state_dict()
            if ema is None: ema = {k: v.clone() for k, v in sd.items()}
            else: [ema[k].mul_(.99).add_(v, alpha=.01) for k, v in sd.items()]
        if step % 25 == 0: a = np.mean(acc, 0); acc = []; hist.append([step, round((time.time() - t0) / 60, 2), *map(float, a)]); print('step %d min %.2f loss %.3f acc %.3f' % tuple(hist[-1]), flush=True)
    m.load_state_dict(ema or m.state_dict()); m.eval(); d = np.where(dev)[0]
    with torch.no_grad(): o = m(torch.from_numpy((X[d].astype(np.float32) - MEAN) / (STD * 2))).argmax(1).numpy()
    print('dev acc (same speakers/voices)', (o == Y[d]).mean()); torch.save({'model': m.state_dict(), 'cfg': CFG}, sys.argv[2])
if __name__ == '__main__': main()
