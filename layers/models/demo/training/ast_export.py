"""ast_export.py CKPT OUT : the voice detector in the hub's layout (float16 safetensors). Golden numbers: test/parity/voice_golden.py."""
import sys, os, json, struct, numpy as np, torch
from ast_train import MEAN, STD
ck, d = sys.argv[1:3]; s = torch.load(ck); c = s['cfg']; os.makedirs(d, exist_ok=True)
hdr, off, blobs = {'__metadata__': {'format': 'pt'}}, 0, []
for k in sorted(s['model']):
    a = np.ascontiguousarray(s['model'][k].detach().numpy().astype('<f2')); hdr[k] = {'dtype': 'F16', 'shape': list(a.shape), 'data_offsets': [off, off + a.nbytes]}; off += a.nbytes; blobs.append(a.tobytes())
h = json.dumps(hdr, separators=(',', ':')).encode(); h += b' ' * (-len(h) % 8)
with open(d + '/model.safetensors', 'wb') as f: f.write(struct.pack('<Q', len(h)) + h + b''.join(blobs))
def J(n, o): json.dump(o, open(f'{d}/{n}', 'w'), indent=2)
J('config.json', dict(c, architectures=['ASTForAudioClassification'], model_type='audio-spectrogram-transformer', hidden_act='gelu', hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, initializer_range=0.02, layer_norm_eps=1e-12, qkv_bias=True, id2label={'0': 'bonafide', '1': 'spoof'}, label2id={'bonafide': 0, 'spoof': 1}, torch_dtype='float16', transformers_version='4.33.0'))
J('preprocessor_config.json', dict(do_normalize=True, feature_extractor_type='ASTFeatureExtractor', feature_size=1, max_length=c['max_length'], mean=MEAN, num_mel_bins=128, padding_side='right', padding_value=0.0, return_attention_mask=False, sampling_rate=16000, std=STD))
