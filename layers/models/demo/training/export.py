"""export.py CKPT OUT : a checkpoint in the hub's layout (float16 safetensors). Test vectors: test/parity/golden.py."""
import sys, os, json, struct, numpy as np, torch
from tok import Tok, SPECIALS, LANGS
def save_safetensors(path, sd):
    hdr, off, blobs = {'__metadata__': {'format': 'pt'}}, 0, []
    for k in sorted(sd):
        a = np.ascontiguousarray(sd[k].detach().numpy().astype('<f2')); hdr[k] = {'dtype': 'F16', 'shape': list(a.shape), 'data_offsets': [off, off + a.nbytes]}; off += a.nbytes; blobs.append(a.tobytes())
    h = json.dumps(hdr, separators=(',', ':')).encode(); h += b' ' * (-len(h) % 8)
    with open(path, 'wb') as f: f.write(struct.pack('<Q', len(h)) + h + b''.join(blobs))
def J(d, n, o): json.dump(o, open(f'{d}/{n}', 'w'), indent=2, ensure_ascii=False)
def export(ck, d):
    s = torch.load(ck); c = s['cfg']; tok = Tok(); os.makedirs(d, exist_ok=True)
    save_safetensors(d + '/model.safetensors', s['model'])                                   # proj_out is tied to embed_tokens, not stored (as in openai/whisper-*)
    ids = lambda *n: [tok.sp[x] for x in n]
    sup = ids('<|startoftranscript|>', *[f'<|{l}|>' for l in LANGS], '<|translate|>', '<|transcribe|>', '<|startoflm|>', '<|startofprev|>', '<|nospeech|>'); sp1 = tok.v2i['Ġ']
    common = dict(begin_suppress_tokens=[sp1, tok.eot], bos_token_id=tok.eot, eos_token_id=tok.eot, pad_token_id=tok.eot, decoder_start_token_id=tok.sot, max_length=128, suppress_tokens=sup, transformers_version='4.33.0')
    J(d, 'config.json', dict(c, **common, architectures=['WhisperForConditionalGeneration'], model_type='whisper', activation_function='gelu', num_mel_bins=80, num_hidden_layers=c['encoder_layers'], is_encoder_decoder=True, scale_embedding=False, dropout=0.0, attention_dropout=0.0, activation_dropout=0.0, encoder_layerdrop=0.0, decoder_layerdrop=0.0, init_std=0.02, use_cache=True, torch_dtype='float16', median_filter_width=7, forced_decoder_ids=None))
    J(d, 'generation_config.json', dict(common, alignment_heads=json.load(open('out/align_heads.json')) if os.path.exists('out/align_heads.json') else [[c['decoder_layers'] - 1, h] for h in range(4)], forced_decoder_ids=[[1, None], [2, tok.transcribe]], is_multilingual=True, lang_to_id={f'<|{l}|>': tok.lang[l] for l in LANGS}, task_to_id={'transcribe': tok.transcribe, 'translate': tok.translate}, no_timestamps_token_id=tok.nots, prev_sot_token_id=tok.sp['<|startofprev|>'], max_initial_timestamp_index=500, return_timestamps=False))
    J(d, 'preprocessor_config.json', dict(chunk_length=10, feature_extractor_type='WhisperFeatureExtractor', feature_size=80, hop_length=160, n_fft=400, n_samples=160000, nb_max_frames=1000, padding_side='right', padding_value=0.0, processor_class='WhisperProcessor', return_attention_mask=False, sampling_rate=16000))
    bl = dict(type='ByteLevel', add_prefix_space=False, trim_offsets=True, use_regex=True)
    at = [dict(id=tok.sp[x], content=x, single_word=False, lstrip=False, rstrip=False, normalized=i >= 12, special=i < 12) for i, x in enumerate(SPECIALS)]
    T = lambda x: {'SpecialToken': {'id': x, 'type_id': 0}}
    J(d, 'tokenizer.json', dict(version='1.0', truncation=None, padding=None, added_tokens=at, normalizer=None, pre_tokenizer=bl,
      post_processor=dict(type='TemplateProcessing', single=[T('<|startoftranscript|>'), T('<|notimestamps|>'), {'Sequence': {'id': 'A', 'type_id': 0}}, T('<|endoftext|>')], pair=[T('<|startoftranscript|>'), T('<|notimestamps|>'), {'Sequence': {'id': 'A', 'type_id': 0}}, {'Sequence': {'id': 'B', 'type_id': 1}}, T('<|endoftext|>')], special_tokens={x: dict(id=x, ids=[tok.sp[x]], tokens=[x]) for x in ('<|endoftext|>', '<|notimestamps|>', '<|startoftranscript|>')}),
      decoder=dict(bl, add_prefix_space=True), model=dict(type='BPE', dropout=None, unk_token=None, continuing_subword_prefix='', end_of_word_suffix='', fuse_unk=False, byte_fallback=False, vocab=dict(tok.v2i), merges=tok.merges)))
    J(d, 'tokenizer_config.json', dict(add_bos_token=False, add_prefix_space=False, added_tokens_decoder={str(a['id']): {k: v for k, v in a.items() if k != 'id'} for a in at}, additional_special_tokens=SPECIALS[:12], bos_token='<|endoftext|>', eos_token='<|endoftext|>', pad_token='<|endoftext|>', unk_token='<|endoftext|>', clean_up_tokenization_spaces=False, errors='replace', model_max_length=1024, processor_class='WhisperProcessor', return_attention_mask=False, tokenizer_class='WhisperTokenizer'))
    J(d, 'special_tokens_map.json', dict(additional_special_tokens=SPECIALS[:12], bos_token='<|endoftext|>', eos_token='<|endoftext|>', pad_token='<|endoftext|>', unk_token='<|endoftext|>'))
export(sys.argv[1], sys.argv[2])
