export type { AudioTrack, VideoTrack } from "./banner.ts";
export { chooseAudioTrack } from "./choose-track.ts";
export { type DecodeOptions, type DecodeResult, decodePcm, type PcmDecoder } from "./decode.ts";
export { ffmpegPath } from "./ffmpeg-path.ts";
export { defaultMediaLimits, type MediaLimits } from "./limits.ts";
export { type MediaInfo, type ProbeOptions, probeMedia } from "./probe.ts";
export { type ByteSource, fileSource } from "./source.ts";
