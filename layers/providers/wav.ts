import { bytesFromPcm, bytesPerSample, sampleRateHz } from "../audio/index.ts";

const headerBytes = 44;

/** 16 kHz mono s16le as a RIFF/WAVE file with the canonical 44-byte header. http://soundfile.sapp.org/doc/WaveFormat/ */
export function wavFile(pcm: Float32Array): Uint8Array<ArrayBuffer> {
  const data = bytesFromPcm(pcm);
  const file = new Uint8Array(headerBytes + data.length);
  const view = new DataView(file.buffer);
  const ascii = (at: number, text: string) => file.set(Buffer.from(text, "latin1"), at);
  ascii(0, "RIFF");
  view.setUint32(4, file.length - 8, true);
  ascii(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * bytesPerSample, true);
  view.setUint16(32, bytesPerSample, true);
  view.setUint16(34, 8 * bytesPerSample, true);
  ascii(36, "data");
  view.setUint32(40, data.length, true);
  file.set(data, headerBytes);
  return file;
}
