"""Golden tensors for test/parity: Whisper as published, in plain PyTorch and float64, on two checkpoints.

    python3 test/parity/golden.py --out test/fixtures/parity                        computes everything anew for the stored inputs
    python3 test/parity/golden.py --out test/fixtures/parity --wav de_sentence.wav noise.wav           takes other recordings

The first checkpoint is the demo model, on features of recordings (16 kHz mono, 16 bit). The second has the sizes of
whisper-tiny and seeded weights, which helpers in this folder reproduce in TypeScript, so that nothing large is stored.
Log-mel features are those of a seeded signal, tokens those of a plain byte-level BPE.
Needs python3-torch and numpy; the test that reads the output does not.

Seeded weights: element i of a tensor is (m - 1024) / 8192, where m are the top 11 bits of
mix(fnv1a(name) + i * 0x9E3779B9), all in 32-bit integers: FNV-1a over the name's bytes, and the finalizer of MurmurHash3
as mix. Exact in float16 and float32, between -1/8 and 1/8. Weights of layer norms have 1 added.
"""
import argparse, base64, json, math, os, re, struct, wave, zlib
import numpy as np
import torch
import torch.nn.functional as F

TINY = dict(d_model=384, num_mel_bins=80, vocab_size=51865, max_source_positions=1500, max_target_positions=448,
            encoder_layers=4, encoder_attention_heads=6, encoder_ffn_dim=1536,
            decoder_layers=4, decoder_attention_heads=6, decoder_ffn_dim=1536)
TINY_ALIGNMENT_HEADS = [[2, 2], [3, 0], [3, 2], [3, 3], [3, 4], [3, 5]]
LOGIT_SAMPLES = 128
SCORE_SAMPLES = 50
HERE = os.path.dirname(os.path.abspath(__file__))
DEMO = os.path.join(HERE, '../../layers/models/demo/whisper')
STORED = os.path.join(HERE, '../fixtures/parity')


# Seeded numbers ---------------------------------------------------------------------------------------------------------

def seeded(name, *shape):
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    h = np.arange(math.prod(shape), dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(seed)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    values = ((h >> np.uint32(21)).astype(np.float64) - 1024) / 8192
    return values.reshape(shape) + (1 if name.endswith('layer_norm.weight') else 0)


class SeededWeights(dict):
    """Weights by the checkpoint's names, made when they are asked for."""

    def __missing__(self, name):
        self[name] = torch.from_numpy(seeded(name, *tiny_shape(name)))
        return self[name]


def tiny_shape(name):
    d, f = TINY['d_model'], TINY['encoder_ffn_dim']
    exact = {'model.encoder.conv1.weight': (d, 80, 3), 'model.encoder.conv2.weight': (d, d, 3),
             'model.encoder.embed_positions.weight': (TINY['max_source_positions'], d),
             'model.decoder.embed_positions.weight': (TINY['max_target_positions'], d),
             'model.decoder.embed_tokens.weight': (TINY['vocab_size'], d)}
    if name in exact: return exact[name]
    if name.endswith('fc1.weight'): return (f, d)
    if name.endswith('fc2.weight'): return (d, f)
    if name.endswith('proj.weight'): return (d, d)
    return (f,) if name.endswith('fc1.bias') else (d,)


def read_safetensors(path):
    with open(path, 'rb') as file:
        header = json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))
        data = file.read()
    formats = {'F16': '<f2', 'F32': '<f4'}
    return {name: torch.from_numpy(np.frombuffer(data[slice(*t['data_offsets'])], formats[t['dtype']])
                                   .reshape(t['shape']).astype(np.float64))
            for name, t in header.items() if name != '__metadata__'}


# The architecture (Radford et al., 2022; parameter names as in the hub's checkpoints) -------------------------------------

class Whisper:
    def __init__(self, config, weights):
        self.c, self.w = config, weights

    def linear(self, x, name, bias=True):
        return F.linear(x, self.w[name + '.weight'], self.w[name + '.bias'] if bias else None)

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.w[name + '.weight'], self.w[name + '.bias'], 1e-5)

    def heads(self, x, count):
        return x.view(x.shape[0], count, -1).transpose(0, 1)

    def keys_values(self, x, name, heads):
        return (self.heads(self.linear(x, name + '.k_proj', bias=False), heads),
                self.heads(self.linear(x, name + '.v_proj'), heads))

    def attend(self, x, name, heads, k, v, mask=None):
        q = self.heads(self.linear(x, name + '.q_proj'), heads)
        scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
        if name.endswith('encoder_attn'): self.qk.append(scores)
        if mask is not None: scores = scores + mask
        return self.linear((scores.softmax(-1) @ v).transpose(0, 1).reshape(x.shape), name + '.out_proj')

    def feed_forward(self, x, layer):
        wide = F.gelu(self.linear(self.norm(x, layer + '.final_layer_norm'), layer + '.fc1'))
        return x + self.linear(wide, layer + '.fc2')

    def encode(self, mel):
        """mel [bins, frames] -> per decoder layer (k, v), each [heads, frames / 2, head size]"""
        c, w, p = self.c, self.w, 'model.encoder.'
        x = F.gelu(F.conv1d(mel[None], w[p + 'conv1.weight'], w[p + 'conv1.bias'], padding=1))
        x = F.gelu(F.conv1d(x, w[p + 'conv2.weight'], w[p + 'conv2.bias'], padding=1, stride=2))[0].T
        x = x + w[p + 'embed_positions.weight'][:len(x)]
        for i in range(c['encoder_layers']):
            layer, heads = f'{p}layers.{i}', c['encoder_attention_heads']
            h = self.norm(x, layer + '.self_attn_layer_norm')
            x = x + self.attend(h, layer + '.self_attn', heads, *self.keys_values(h, layer + '.self_attn', heads))
            x = self.feed_forward(x, layer)
        x = self.norm(x, p + 'layer_norm')
        return [self.keys_values(x, f'model.decoder.layers.{i}.encoder_attn', c['decoder_attention_heads'])
                for i in range(c['decoder_layers'])]

    def decode(self, tokens, cross, past=None):
        """tokens after the cached ones -> logits [tokens, vocabulary], cache; self.qk: per layer [heads, tokens, positions]"""
        self.qk = []
        c, w, p, heads = self.c, self.w, 'model.decoder.', self.c['decoder_attention_heads']
        start = past[0][0].shape[1] if past else 0
        total = start + len(tokens)
        x = w[p + 'embed_tokens.weight'][tokens] + w[p + 'embed_positions.weight'][start:total]
        mask = torch.full((len(tokens), total), -math.inf, dtype=x.dtype).triu(start + 1)
        present = []
        for i in range(c['decoder_layers']):
            layer = f'{p}layers.{i}'
            h = self.norm(x, layer + '.self_attn_layer_norm')
            k, v = self.keys_values(h, layer + '.self_attn', heads)
            if past: k, v = torch.cat([past[i][0], k], 1), torch.cat([past[i][1], v], 1)
            present.append((k, v))
            x = x + self.attend(h, layer + '.self_attn', heads, k, v, mask)
            h = self.norm(x, layer + '.encoder_attn_layer_norm')
            x = x + self.attend(h, layer + '.encoder_attn', heads, *cross[i])
            x = self.feed_forward(x, layer)
        return self.norm(x, p + 'layer_norm') @ w[p + 'embed_tokens.weight'].T, present


# Features of a recording (the reference's log-mel: Slaney filters, periodic Hann, reflect padding) ------------------------

def samples(path, seconds, rate=16000):
    return np.frombuffer(wave.open(path).readframes(seconds * rate), '<i2').astype(np.float64) / 32768


def log_mel(x, seconds, bins=80, rate=16000):
    x = np.pad(np.pad(x, (0, seconds * rate - len(x))), 200, mode='reflect')
    frames = np.lib.stride_tricks.sliding_window_view(x, 400)[::160][:-1]
    power = np.abs(np.fft.rfft(frames * np.hanning(401)[:-1])) ** 2
    to_mel = lambda hz: np.where(hz < 1000, 3 * hz / 200, 15 + 27 * np.log(np.maximum(hz, 1e-9) / 1000) / np.log(6.4))
    edges = np.linspace(0, float(to_mel(np.array(rate / 2.0))), bins + 2)
    edges = np.where(edges < 15, 200 * edges / 3, 1000 * np.exp(np.log(6.4) * (edges - 15) / 27))
    hz, width = np.linspace(0, rate / 2, 201), np.diff(edges)
    rising = (hz - edges[:-2, None]) / width[:-1, None]
    falling = (edges[2:, None] - hz) / width[1:, None]
    filters = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]
    logs = np.log10(np.maximum(power @ filters.T, 1e-10)).T
    return (np.maximum(logs, logs.max() - 8) + 4) / 4


def pack(mel):
    """Features as bytes, so that they are small and the same everywhere: value = -1.5 + byte / 64"""
    levels = np.clip(np.round((mel + 1.5) * 64), 0, 255).astype(np.uint8)
    packed = base64.b64encode(zlib.compress(levels.tobytes(), 9)).decode()
    return unpack(packed, len(mel)), packed


def unpack(packed, bins=80):
    levels = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8).reshape(bins, -1)
    return torch.from_numpy(levels / 64.0 - 1.5)


# Byte-level BPE (Sennrich et al., 2016; the pattern and the alphabet of GPT-2) ----------------------------------------------

PIECES = re.compile(r"""'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+""")


def byte_alphabet():
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in plain]
    return {**{b: chr(b) for b in plain}, **{b: chr(256 + i) for i, b in enumerate(others)}}


def encode(text, model):
    alphabet, ids = byte_alphabet(), []
    ranks = {tuple(m.split(' ') if isinstance(m, str) else m): rank for rank, m in enumerate(model['merges'])}
    for piece in PIECES.findall(text):
        parts = [alphabet[b] for b in piece.encode()]
        while len(parts) > 1:
            best = min(zip(parts, parts[1:]), key=lambda pair: ranks.get(pair, math.inf))
            if best not in ranks: break
            merged, i = [], 0
            while i < len(parts):
                pair = tuple(parts[i:i + 2]) == best
                merged.append(''.join(parts[i:i + 2]) if pair else parts[i])
                i += 2 if pair else 1
            parts = merged
        ids += [model['vocab'][part] for part in parts]
    return ids


# What is kept -------------------------------------------------------------------------------------------------------------

def rounded(values):
    return [float(f'{v:.6g}') for v in values]


def golden(model, name, mel, tokens, alignment_heads, end_of_text, packed=None):
    cross = model.encode(mel)
    logits, _ = model.decode(tokens, cross)
    first, past = model.decode(tokens[:3], cross)
    stepped = [first]
    for token in tokens[3:]:
        row, past = model.decode([token], cross, past)
        stepped.append(row)
    assert torch.allclose(torch.cat(stepped), logits, atol=1e-9), 'the cache changes the result'
    rows = []
    for layer in {0, len(cross) - 1}:
        for part, tensor in zip('kv', cross[layer]):
            for head, position in ((0, 0), (tensor.shape[0] - 1, tensor.shape[1] - 1), (1, tensor.shape[1] // 2)):
                rows.append(dict(name=f'cross.{layer}.{part}', head=head, position=position,
                                 values=rounded(tensor[head, position].tolist())))
    step = logits.shape[1] // LOGIT_SAMPLES
    return dict(name=name, mel=packed, frames=mel.shape[1], tokens=tokens, crossRows=rows, logitStep=step,
                logits=[rounded(row[::step][:LOGIT_SAMPLES].tolist()) for row in logits],
                argmax=logits.argmax(-1).tolist(),
                alignment=alignment(model, cross, (tokens * 20)[:40], alignment_heads, end_of_text))


def alignment(model, cross, tokens, heads, end_of_text):
    """What find_alignment of whisper/timing.py takes from the model, of more tokens than one run scores."""
    logits, _ = model.decode(tokens, cross)
    following = torch.tensor(tokens[1:])
    below = logits[:-1, :end_of_text].softmax(-1)
    chosen = below[torch.arange(len(following)), following.clamp(max=end_of_text - 1)]
    step = max(1, cross[0][0].shape[1] // SCORE_SAMPLES)
    rows = [dict(head=index, token=token, values=rounded(model.qk[layer][head, token, ::step][:SCORE_SAMPLES].tolist()))
            for index, (layer, head) in enumerate(heads) for token in (0, 31, 32, 39)]
    return dict(tokens=tokens, positionStep=step, rows=rows,
                probabilities=[p if token < end_of_text else 0
                               for p, token in zip(rounded(chosen.tolist()), tokens[1:])])


def greedy(model, mel, prompt, end, limit):
    cross = model.encode(mel)
    tokens = list(prompt)
    while len(tokens) < limit:
        token = int(model.decode(tokens, cross)[0][-1].argmax())
        if token == end: break
        tokens.append(token)
    return tokens


def recordings(paths, model, config, generation):
    for path in paths:
        mel, packed = pack(log_mel(samples(path, 10), 10))
        start, languages = config['decoder_start_token_id'], generation['lang_to_id']
        first = model.decode([start], model.encode(mel))[0][-1]
        language = max(languages.values(), key=lambda token: float(first[token]))
        prompt = [start, language, generation['task_to_id']['transcribe']]
        tokens = greedy(model, mel, prompt, config['eos_token_id'], 20)
        yield os.path.splitext(os.path.basename(path))[0], mel, tokens, packed


def stored_recordings():
    for case in read(STORED, 'demo.json')['cases']:
        yield case['name'], unpack(case['mel']), case['tokens'], case['mel']


def signal(seconds, rate=16000):
    """Seeded noise in eight loudnesses a second, with a stretch of digital silence; exact in float32."""
    at = np.arange(seconds * rate)
    quiet = (at >= rate) & (at < rate + rate // 2)
    return seeded('pcm', len(at)) * 2.0 ** -(at // 2000 % 8) * ~quiet


def log_mel_case(seconds=4, step=29):
    values = log_mel(signal(seconds), seconds).reshape(-1)
    return dict(seconds=seconds, step=step, values=rounded(values[::step].tolist()))


TEXTS = ['one two three', ' eins zwei drei', 'Straße, Ñandú & œuvre!', '  two  spaces', "it's 42 — naïve", '日本語 🙂', '']


def main():
    parser = argparse.ArgumentParser(description='Writes the golden tensors of test/parity.')
    parser.add_argument('--out', required=True, help='folder for the JSON files')
    parser.add_argument('--wav', nargs='*', help='recordings for the demo model; without them the stored features and tokens')
    args = parser.parse_args()
    torch.set_num_threads(1)

    config, generation = read(DEMO, 'config.json'), read(DEMO, 'generation_config.json')
    demo = Whisper(config, read_safetensors(os.path.join(DEMO, 'model.safetensors')))
    inputs = recordings(args.wav, demo, config, generation) if args.wav else stored_recordings()
    write(args.out, 'demo.json',
          dict(cases=[golden(demo, name, mel, tokens, generation['alignment_heads'], config['eos_token_id'], packed)
                      for name, mel, tokens, packed in inputs]))

    tiny = Whisper(TINY, SeededWeights())
    tokens = [50258, 50259, 50359, 50364, 440, 7, 51000, 0, 11, 220]
    write(args.out, 'whisper-tiny-seeded.json',
          dict(cases=[golden(tiny, f'{frames} frames', torch.from_numpy(seeded('mel', 80, frames) * 8), tokens,
                             TINY_ALIGNMENT_HEADS, 50257) for frames in (3000, 250)]))

    write(args.out, 'log-mel.json', log_mel_case())
    bpe = read(DEMO, 'tokenizer.json')['model']
    write(args.out, 'tokenizer.json', dict(cases=[dict(text=text, tokens=encode(text, bpe)) for text in TEXTS]))


def read(folder, name):
    with open(os.path.join(folder, name), encoding='utf-8') as file:
        return json.load(file)


def write(folder, name, content):
    with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
        json.dump(content, file, separators=(',', ':'), ensure_ascii=False)
        file.write('\n')


if __name__ == '__main__':
    with torch.no_grad():
        main()
