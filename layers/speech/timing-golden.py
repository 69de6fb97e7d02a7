"""Writes timing-golden.json: where tokens begin for seeded attention scores, computed with PyTorch by the published definition.

The definition: softmax over the real positions, z-norm over tokens (population deviation), median of 7 over time with reflected
ends, mean over heads, rows of the start sequence and of end-of-text dropped, then the cheapest monotonic path through the
negative, in which a tie is a step in time. Run: python3 layers/speech/timing-golden.py (needs python3-torch).
"""
import json
import os

import torch


def scores(heads, tokens, positions, seed):
    """A ridge along the diagonal plus noise of a linear congruential generator, the same in any language."""
    out = torch.zeros(heads, tokens, positions, dtype=torch.float32)
    state = seed
    for h in range(heads):
        for i in range(tokens):
            for t in range(positions):
                state = (state * 1664525 + 1013904223) % 2**32
                ridge = 6 if abs(t * tokens - i * positions) < 2 * positions else 0
                out[h, i, t] = ridge + (state >> 22) / 256
    return out


def first_positions(qk, skip, width):
    weights = qk[:, :, :width].softmax(dim=-1)
    std, mean = torch.std_mean(weights, dim=-2, keepdim=True, unbiased=False)
    weights = (weights - mean) / std
    if width > 3:
        padded = torch.nn.functional.pad(weights, (3, 3, 0, 0), mode="reflect")
        weights = padded.unfold(-1, 7, 1).sort()[0][..., 3]
    cost = -weights.mean(dim=0)[skip:-1].double()
    rows, columns = cost.shape
    best = {(-1, -1): 0.0}
    came = {}
    for t in range(columns):
        for i in range(rows):
            options = [(best.get((i - 1, t - 1), float("inf")), 1, (i - 1, t - 1)),
                       (best.get((i - 1, t), float("inf")), 2, (i - 1, t)),
                       (best.get((i, t - 1), float("inf")), 0, (i, t - 1))]
            least, _, origin = min(options, key=lambda option: option[:2])
            best[i, t] = least + cost[i, t].item()
            came[i, t] = origin
    at, first = (rows - 1, columns - 1), {}
    while at in came:
        first[at[0]] = at[1]
        at = came[at]
    return [first[i] for i in range(rows)]


cases = []
for heads, tokens, positions, width, skip, seed in [
    (1, 6, 40, 40, 1, 1), (2, 9, 60, 47, 3, 2), (6, 24, 150, 150, 3, 3), (3, 12, 80, 3, 3, 4), (2, 30, 50, 20, 3, 5),
]:
    shape = {"heads": heads, "tokens": tokens, "positions": positions, "width": width, "skip": skip, "seed": seed}
    cases.append({**shape, "first": first_positions(scores(heads, tokens, positions, seed), skip, width)})
with open(os.path.join(os.path.dirname(__file__), "timing-golden.json"), "w") as file:
    json.dump(cases, file)
    file.write("\n")
