"""Golden numbers for test/parity/embedding.test.ts and `npm run parity:embedding`: BertModel with masked mean pooling and normalisation, as
published with all-MiniLM-L6-v2, in plain PyTorch in float64; and WordPiece with BERT's uncased normalisation as in google-research/bert's
tokenization.py.

    python3 test/parity/embedding_golden.py --out test/fixtures/parity

Weights are seeded (see golden.py for the numbers; here half of them, with 1 added to the weights of norms), and so are the tokens.
Needs python3-torch and numpy; the tests that read the output do not.
"""
import argparse, json, math, os, unicodedata
import numpy as np
import torch
import torch.nn.functional as F

CONFIG = json.load(open(os.path.join(os.path.dirname(__file__), 'embedding-config.json')))


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


def weight(name, *shape):
    return torch.from_numpy(seeded(name, *shape) / 2 + (1 if name.endswith('LayerNorm.weight') else 0))


def linear(x, name, inputs, outputs):
    return F.linear(x, weight(f'{name}.weight', outputs, inputs), weight(f'{name}.bias', outputs))


def norm(x, name):
    d = CONFIG['hidden_size']
    return F.layer_norm(x, (d,), weight(f'{name}.weight', d), weight(f'{name}.bias', d), CONFIG['layer_norm_eps'])


def embed(rows):
    d, wide, heads = CONFIG['hidden_size'], CONFIG['intermediate_size'], CONFIG['num_attention_heads']
    length = max(len(row) for row in rows)
    tokens = torch.tensor([row + [0] * (length - len(row)) for row in rows])
    mask = torch.tensor([[1.0] * len(row) + [0.0] * (length - len(row)) for row in rows], dtype=torch.float64)
    x = weight('embeddings.word_embeddings.weight', CONFIG['vocab_size'], d)[tokens]
    x = x + weight('embeddings.position_embeddings.weight', CONFIG['max_position_embeddings'], d)[:length]
    x = norm(x + weight('embeddings.token_type_embeddings.weight', 2, d)[0], 'embeddings.LayerNorm')
    for index in range(CONFIG['num_hidden_layers']):
        layer = f'encoder.layer.{index}'
        q, k, v = (linear(x, f'{layer}.attention.self.{part}', d, d).view(len(rows), length, heads, d // heads).transpose(1, 2)
                   for part in ('query', 'key', 'value'))
        scores = q @ k.transpose(-1, -2) / math.sqrt(d // heads)
        scores = scores.masked_fill(mask[:, None, None, :] == 0, -math.inf)
        attended = (scores.softmax(-1) @ v).transpose(1, 2).reshape(len(rows), length, d)
        x = norm(x + linear(attended, f'{layer}.attention.output.dense', d, d), f'{layer}.attention.output.LayerNorm')
        inner = F.gelu(linear(x, f'{layer}.intermediate.dense', d, wide))
        x = norm(x + linear(inner, f'{layer}.output.dense', wide, d), f'{layer}.output.LayerNorm')
    mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    return F.normalize(mean, dim=-1)


def row(name, length):
    inner = ((seeded(name, length - 2) * 8192 + 1024).astype(int) * 14 + 1000).tolist()
    return [101, *inner, 102]


# WordPiece ---------------------------------------------------------------------------------------------------------------

VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'the', 'harvest', '##ed', '##ing', 'grape', '##s', 'was', 'late', ',', '.', "'", '!', 'ca', '##fe',
              'in', '20', '##26', '京', '都', 'un', '##aff', '##able', '-', 'a', '##a', '$']
TEXTS = ['The harvest was late.', 'Harvested grapes, harvesting!', 'café CAFÉ', 'in 2026', '京都', 'unaffable', "the grape's", 'zebra the', '', 'a' * 120,
         'late\tlate\u00a0late\u200b', 'un-unaffable', '$20']


def is_punctuation(c):
    return 33 <= ord(c) <= 47 or 58 <= ord(c) <= 64 or 91 <= ord(c) <= 96 or 123 <= ord(c) <= 126 or unicodedata.category(c).startswith('P')


def word_pieces(text):
    ids = {token: n for n, token in enumerate(VOCABULARY)}
    clean = ''.join(' ' if c in ' \t\n\r' or unicodedata.category(c) == 'Zs' else c for c in text
                    if not (ord(c) in (0, 0xFFFD) or (unicodedata.category(c) in ('Cc', 'Cf') and c not in '\t\n\r')))
    clean = ''.join(f' {c} ' if 0x4E00 <= ord(c) <= 0x9FFF else c for c in clean)
    words = []
    for word in clean.split():
        word = ''.join(c for c in unicodedata.normalize('NFD', word.lower()) if unicodedata.category(c) != 'Mn')
        part = ''
        for c in word:
            if is_punctuation(c):
                words += [part, c]
                part = ''
            else:
                part += c
        words.append(part)
    found = [ids['[CLS]']]
    for word in filter(None, words):
        pieces, start = [], 0
        while start < len(word) and len(word) <= 100:
            end = len(word)
            while end > start and ('##' if start else '') + word[start:end] not in ids:
                end -= 1
            if end == start:
                pieces = []
                break
            pieces.append(ids[('##' if start else '') + word[start:end]])
            start = end
        found += pieces if pieces else [ids['[UNK]']]
    return found + [ids['[SEP]']]


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--out', required=True)
    arguments = parser.parse_args()
    batches = [[3], [7, 64], [256, 12, 128]]
    cases = []
    for batch in batches:
        names = [f'tokens.{length}' for length in batch]
        vectors = embed([row(name, length) for name, length in zip(names, batch)])
        cases.append({'lengths': batch, 'embeddings': [[round(v, 9) for v in vector.tolist()] for vector in vectors]})
    pieces = [{'text': text, 'tokens': word_pieces(text)} for text in TEXTS]
    with open(os.path.join(arguments.out, 'embedding.json'), 'w') as file:
        json.dump({'cases': cases, 'wordPieces': {'vocabulary': VOCABULARY, 'cases': pieces}}, file, ensure_ascii=False)
