export type { AudioTrack, SubtitleTrack, VideoTrack } from "./banner.ts";
export { chooseAudioTrack, chooseSubtitleTrack } from "./choose-track.ts";
export { type DecodeOptions, type DecodeResult, decodePcm, type PcmDecoder } from "./decode.ts";
export { ffmpegPath } from "./ffmpeg-path.ts";
export { defaultMediaLimits, type MediaLimits } from "./limits.ts";
export { type MediaInfo, type ProbeOptions, probeMedia } from "./probe.ts";
export { type Sniffed, sniff, sniffBytes } from "./sniff.ts";
export { type ByteSource, fileSource } from "./source.ts";
export { extractSubtitles } from "./subtitles.ts";
