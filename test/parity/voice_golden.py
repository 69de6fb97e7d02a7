"""Golden numbers for test/parity/voice.test.ts and `npm run parity:voice`: Kaldi's filter bank, ASTForAudioClassification and
the wav2vec 2.0 detector as published, in numpy and plain PyTorch, in float64.

    python3 test/parity/voice_golden.py --demo layers/models/demo/ast --out test/fixtures/parity

Weights are seeded (see golden.py for the numbers; here a quarter of them, with 1 added to the weights of norms), except those
of the demo model. Inputs are seeded too, so that nothing large is stored. Also writes `weights.pt`, a small file of torch.save.
Needs python3-torch and numpy; the tests that read the output do not.
"""
import argparse, collections, json, math, os, re, struct
import numpy as np
import torch
import torch.nn.functional as F

KEPT = 64


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
    return ((h >> np.uint32(21)).astype(np.float64) - 1024).reshape(shape) / 8192


def seeded_weight(name, *shape):
    return torch.from_numpy(seeded(name, *shape) / 4 + (1 if re.search(r'norm[^.]*\.weight$', name) else 0))


def seeded_pcm(name, samples):
    """Noise that swells four times a second, rounded to float32."""
    swell = (np.arange(samples) % 4000) / 4000
    return (seeded(name, samples) * 4 * swell).astype(np.float32).astype(np.float64)


class Seeded:
    def __call__(self, name, *shape):
        return seeded_weight(name, *shape)


class Safetensors:
    def __init__(self, path):
        with open(path, 'rb') as file:
            header = json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))
            data = file.read()
        formats = {'F16': '<f2', 'F32': '<f4'}
        self.tensors = {name: torch.from_numpy(np.frombuffer(data[slice(*t['data_offsets'])], formats[t['dtype']])
                                               .reshape(t['shape']).astype(np.float64))
                        for name, t in header.items() if name != '__metadata__'}

    def __call__(self, name, *shape):
        assert tuple(self.tensors[name].shape) == shape, name
        return self.tensors[name]


# Kaldi's filter bank (torchaudio.compliance.kaldi.fbank with window_type="hanning", other options at their defaults) ------

def fbank(pcm, bins=128, rate=16000):
    if len(pcm) < 400: return np.zeros((0, bins))
    frames = np.lib.stride_tricks.sliding_window_view(pcm, 400)[::160]
    frames = frames - frames.mean(1, keepdims=True)
    frames = frames - .97 * np.concatenate([frames[:, :1], frames[:, :-1]], 1)
    power = np.abs(np.fft.rfft(frames * np.hanning(400), 512)) ** 2
    to_mel = lambda hz: 1127 * np.log(1 + hz / 700)
    low, high = to_mel(20.0), to_mel(rate / 2)
    step = (high - low) / (bins + 1)
    left = low + np.arange(bins)[:, None] * step
    mel = to_mel(np.arange(256) * rate / 512)[None]
    filters = np.maximum(0, np.minimum((mel - left) / step, (left + 2 * step - mel) / step))
    return np.log(np.maximum(power[:, :256] @ filters.T, np.finfo(np.float32).eps))


def ast_features(pcm, config, mean=-4.2677393, std=4.5689974):
    rows = fbank(pcm, config['num_mel_bins'])[:config['max_length']]
    rows = np.concatenate([rows, np.zeros((config['max_length'] - len(rows), config['num_mel_bins']))])
    return (rows - mean) / (2 * std)


# The architectures (parameter names as in the hub's checkpoints) ------------------------------------------------------------

def linear(w, x, name, outputs):
    return F.linear(x, w(name + '.weight', outputs, x.shape[-1]), w(name + '.bias', outputs))


def norm(w, x, name, epsilon):
    return F.layer_norm(x, x.shape[-1:], w(name + '.weight', x.shape[-1]), w(name + '.bias', x.shape[-1]), epsilon)


def attend(w, x, names, heads):
    size = x.shape[-1]
    q, k, v = (linear(w, x, name, size).view(len(x), heads, -1).transpose(0, 1) for name in names)
    scores = q @ k.transpose(1, 2) / math.sqrt(size // heads)
    return (scores.softmax(-1) @ v).transpose(0, 1).reshape(x.shape)


def ast(w, c, features):
    """features [max_length, bins] -> logits, what the classifier sees"""
    root, d, epsilon = 'audio_spectrogram_transformer.', c['hidden_size'], c['layer_norm_eps']
    e = root + 'embeddings.'
    patch = e + 'patch_embeddings.projection'
    p, stride = c['patch_size'], (c['frequency_stride'], c['time_stride'])
    x = F.conv2d(torch.from_numpy(features).T[None, None], w(patch + '.weight', d, 1, p, p), w(patch + '.bias', d), stride)
    x = x.flatten(2)[0].T
    x = torch.cat([w(e + 'cls_token', 1, 1, d)[0], w(e + 'distillation_token', 1, 1, d)[0], x])
    x = x + w(e + 'position_embeddings', 1, len(x), d)[0]
    for i in range(c['num_hidden_layers']):
        layer = f'{root}encoder.layer.{i}.'
        h = norm(w, x, layer + 'layernorm_before', epsilon)
        names = [f'{layer}attention.attention.{part}' for part in ('query', 'key', 'value')]
        x = x + linear(w, attend(w, h, names, c['num_attention_heads']), layer + 'attention.output.dense', d)
        h = norm(w, x, layer + 'layernorm_after', epsilon)
        x = x + linear(w, F.gelu(linear(w, h, layer + 'intermediate.dense', c['intermediate_size'])), layer + 'output.dense', d)
    pooled = norm(w, x, root + 'layernorm', epsilon)[:2].mean(0)
    return linear(w, norm(w, pooled, 'classifier.layernorm', epsilon), 'classifier.dense', len(c['id2label'])), pooled


def wav2vec2(w, c, pcm):
    """waveform [samples] -> logit, what the head's Linear sees"""
    d, epsilon, root = c['hidden_size'], c['layer_norm_eps'], 'wav2vec2.'
    x = torch.from_numpy((pcm - pcm.mean()) / np.sqrt(pcm.var() + 1e-7))[None, None]
    for i, (size, kernel, stride) in enumerate(zip(c['conv_dim'], c['conv_kernel'], c['conv_stride'])):
        conv = f'{root}feature_extractor.conv_layers.{i}.'
        x = F.conv1d(x, w(conv + 'conv.weight', size, x.shape[1], kernel), w(conv + 'conv.bias', size), stride)
        x = F.gelu(norm(w, x.transpose(1, 2), conv + 'layer_norm', 1e-5)).transpose(1, 2)
    x = norm(w, x[0].T, root + 'feature_projection.layer_norm', epsilon)
    x = linear(w, x, root + 'feature_projection.projection', d)
    kernel, groups = c['num_conv_pos_embeddings'], c['num_conv_pos_embedding_groups']
    conv = root + 'encoder.pos_conv_embed.conv.'
    v, g = w(conv + 'weight_v', d, d // groups, kernel), w(conv + 'weight_g', 1, 1, kernel)
    folded = g * v / v.pow(2).sum((0, 1), keepdim=True).sqrt()
    position = F.conv1d(x.T[None], folded, w(conv + 'bias', d), padding=kernel // 2, groups=groups)[0].T
    x = x + F.gelu(position[:len(x)])
    states = [x]
    for i in range(c['num_hidden_layers']):
        layer = f'{root}encoder.layers.{i}.'
        h = norm(w, x, layer + 'layer_norm', epsilon)
        names = [f'{layer}attention.{part}' for part in ('q_proj', 'k_proj', 'v_proj')]
        x = x + linear(w, attend(w, h, names, c['num_attention_heads']), layer + 'attention.out_proj', d)
        h = norm(w, x, layer + 'final_layer_norm', epsilon)
        wide = F.gelu(linear(w, h, layer + 'feed_forward.intermediate_dense', c['intermediate_size']))
        x = x + linear(w, wide, layer + 'feed_forward.output_dense', d)
        states.append(x)
    states[-1] = norm(w, x, root + 'encoder.layer_norm', epsilon)
    shares = w('layer_weights', len(states)).softmax(-1)
    pooled = sum(share * state for share, state in zip(shares, states)).mean(0)
    return linear(w, pooled, 'classifier', 1), pooled


# What is kept -------------------------------------------------------------------------------------------------------------

def rounded(values):
    return [float(f'{v:.7g}') for v in np.asarray(values).ravel()]


def kept(result):
    logits, embedding = result
    step = max(1, len(embedding) // KEPT)
    return dict(logits=rounded(logits), embeddingStep=step, embedding=rounded(embedding[::step]))


def save_torch_file(path):
    """A file as torch.save writes it: three formats, views into one storage, a parameter, dicts around the state dict."""
    base = torch.arange(24, dtype=torch.float32) / 8
    state = collections.OrderedDict()
    state['weight'] = base[4:16].view(3, 4)
    state['tail'] = base[20:]
    state['half'] = torch.tensor([[0.5, -1.25], [65504.0, 2 ** -24]], dtype=torch.float16)
    state['bfloat'] = torch.tensor([1.0, -3.5, 2 ** 100], dtype=torch.bfloat16)
    state['steps'] = torch.tensor(7, dtype=torch.int64)
    state['parameter'] = torch.nn.Parameter(torch.tensor([1.5]))
    state['empty'] = torch.zeros(0, 3)
    torch.save({'epoch': 3, 'eer': 0.125, 'tags': ['a', ('b', None, True, -5, 2 ** 40)], 'state_dict': state}, path)


def main():
    parser = argparse.ArgumentParser(description='Writes the golden numbers of the voice detectors.')
    parser.add_argument('--demo', required=True, help='folder of the AST demo checkpoint')
    parser.add_argument('--out', required=True, help='folder for the files')
    args = parser.parse_args()
    torch.set_num_threads(1)
    configs = json.load(open(os.path.join(os.path.dirname(__file__), 'voice-configs.json')))
    out = {}

    pcm = seeded_pcm('voice.pcm', 163840)
    rows = fbank(pcm[:16000])
    out['fbank'] = dict(frames=len(rows), sum=float(rows.sum()), rows=[dict(frame=i, values=rounded(rows[i])) for i in (0, 50, 97)])

    demo_config = json.load(open(os.path.join(args.demo, 'config.json')))
    demo = Safetensors(os.path.join(args.demo, 'model.safetensors'))
    out['astDemo'] = [dict(samples=n, **kept(ast(demo, demo_config, ast_features(pcm[:n], demo_config)))) for n in (81920, 30000)]
    base = configs['astBase']
    out['astBase'] = [dict(samples=n, **kept(ast(Seeded(), base, ast_features(pcm[:n], base)))) for n in (163840,)]
    small, true = configs['xlsrSmall'], configs['xlsr300m']
    out['xlsrSmall'] = [dict(samples=n, **kept(wav2vec2(Seeded(), small, pcm[:n]))) for n in (64000, 12345)]
    out['xlsr300m'] = [dict(samples=64000, **kept(wav2vec2(Seeded(), true, pcm[:64000])))]
    with open(os.path.join(args.out, 'voice.json'), 'w') as file:
        json.dump(out, file, separators=(',', ':'))
        file.write('\n')
    save_torch_file(os.path.join(args.out, 'weights.pt'))


with torch.no_grad():
    main()
