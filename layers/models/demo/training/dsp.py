"""Audio I/O, whisper log-mel, resampling, synthesizers."""
import numpy as np, subprocess, wave, tempfile
from scipy.signal import resample_poly
SR = 16000
def slaney_filters(bins=80):
    """mel filters of Whisper: Slaney scale and normalisation, bins x 201"""
    mel = lambda hz: np.where(hz < 1000, 3 * hz / 200, 15 + 27 * np.log(np.maximum(hz, 1e-9) / 1000) / np.log(6.4))
    e = np.linspace(0, float(mel(np.array(SR / 2.0))), bins + 2)
    e = np.where(e < 15, 200 * e / 3, 1000 * np.exp(np.log(6.4) * (e - 15) / 27)); hz = np.linspace(0, SR / 2, 201); w = np.diff(e)
    tri = np.minimum((hz - e[:-2, None]) / w[:-1, None], (e[2:, None] - hz) / w[1:, None])
    return (np.maximum(0, tri) * (2 / (e[2:] - e[:-2]))[:, None]).astype(np.float32)
MEL = slaney_filters()
WIN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)).astype(np.float32)          # periodic hann
def logmel_raw(x):
    """log10 mel power (clamped at 1e-10), no whisper normalisation; returns frames x 80, frames = len(x)//160"""
    x = np.pad(x.astype(np.float32), 200, mode='reflect')
    n = (len(x) - 400) // 160          # torch.stft(center=True) gives n+1 frames, whisper drops the last
    f = np.lib.stride_tricks.as_strided(x, (n, 400), (x.strides[0] * 160, x.strides[0])) * WIN
    p = np.abs(np.fft.rfft(f, 400)).astype(np.float32) ** 2
    return np.log10(np.maximum(p @ MEL.T, 1e-10))
def whisper_norm(lm):
    lm = np.maximum(lm, lm.max() - 8.0)
    return (lm + 4.0) / 4.0
def features(x, seconds=10):
    n = seconds * SR
    x = np.pad(x[:n], (0, max(0, n - len(x))))
    return whisper_norm(logmel_raw(x))
def read_wav_bytes(b):
    i = b.find(b'data'); sr = int.from_bytes(b[24:28], 'little')
    x = np.frombuffer(b[i + 8: len(b) - (len(b) - i - 8) % 2], '<i2').astype(np.float32) / 32768
    return to16k(x, sr)
def to16k(x, sr):
    if sr == SR: return x
    g = np.gcd(sr, SR)
    return resample_poly(x, SR // g, sr // g).astype(np.float32)
def read_file(path):
    """any file through ffmpeg -> mono 16 kHz float32"""
    b = subprocess.run(['ffmpeg', '-v', 'error', '-i', path, '-ac', '1', '-ar', '16000', '-f', 's16le', '-'], stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(b, '<i2').astype(np.float32) / 32768
def write_wav(path, x):
    with wave.open(path, 'wb') as w:
        w.setnchannels(1); w.setsampwidth(2); w.setframerate(SR)
        w.writeframes((np.clip(x, -1, 1) * 32767).astype('<i2').tobytes())
def espeak(text, voice, speed=170, pitch=50, gap=0):
    b = subprocess.run(['espeak-ng', '-v', voice, '-s', str(speed), '-p', str(pitch), '-g', str(gap), '--stdout', text], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return read_wav_bytes(b)
def flite(text, voice, stretch=1.0):
    with tempfile.NamedTemporaryFile(suffix='.wav') as f:
        subprocess.run(['flite', '-voice', voice, '--setf', f'duration_stretch={stretch:.2f}', '-t', text, '-o', f.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return read_wav_bytes(open(f.name, 'rb').read())
def festival(text, voice):
    with tempfile.NamedTemporaryFile(suffix='.wav') as f:
        subprocess.run(['text2wave', '-eval', f'({voice})', '-o', f.name], input=text.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return read_wav_bytes(open(f.name, 'rb').read())
def trim(x, db=-38, pad=0.02):
    """cut leading/trailing low-energy part (10 ms frames, threshold relative to peak frame)"""
    n = len(x) // 160
    if n < 5: return x
    e = 10 * np.log10((x[:n * 160].reshape(n, 160) ** 2).mean(1) + 1e-9)
    i = np.where(e > e.max() + db)[0]
    a = max(0, int(i[0] * 160 - pad * SR)); b = min(len(x), int((i[-1] + 1) * 160 + pad * SR))
    return x[a:b]
# ---- voices -------------------------------------------------------------------------------------
HELD_VARIANTS = ['f4', 'm7', 'Andrea', 'steph2']             # never used in training
TRAIN_VARIANTS = ['', 'f1', 'f2', 'f3', 'f5', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm8', 'adam', 'Alex', 'Alicia', 'Andy', 'Annie', 'antonio', 'belinda', 'benjamin', 'boris', 'caleb', 'david', 'Denis', 'Diogo', 'ed', 'edward', 'Gene', 'Henrique', 'Hugo', 'Jacky', 'john', 'klatt', 'klatt2', 'klatt3', 'klatt4', 'Lee', 'linda', 'marcelo', 'Mario', 'max', 'michel', 'Mike', 'norbert', 'pablo', 'paul', 'quincy', 'rob', 'robert', 'sandro', 'shelby', 'steph', 'steph3', 'travis', 'victor', 'zac', 'anika', 'grandma', 'grandpa']
BASE = {'en': ['en-us', 'en-gb', 'en-gb-scotland', 'en-gb-x-rp', 'en-gb-x-gbclan', 'en-029'], 'de': ['de'], 'es': ['es', 'es-419'], 'fr': ['fr-fr', 'fr-be', 'fr-ch']}
def pico(text, lang, speed, pitch):
    with tempfile.NamedTemporaryFile(suffix='.wav') as f:
        subprocess.run(['pico2wave', '-l', lang, '-w', f.name, f"<pitch level='{pitch}'><speed level='{speed}'>{text}</speed></pitch>"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return read_wav_bytes(open(f.name, 'rb').read())
PICO = {'en': ['en-US', 'en-GB'], 'de': ['de-DE'], 'es': ['es-ES'], 'fr': ['fr-FR']}
