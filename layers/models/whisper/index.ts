export { configFileNames, readWhisperConfig, type WhisperDescription, type WhisperSizes } from "./config.ts";
export { writeDecoder } from "./decoder.ts";
export { tokenEmbeddingsName } from "./decoder-layers.ts";
export { type AttentionWriter, writeEncoder, writeEncoderLayers } from "./encoder.ts";
export { WhisperLayers } from "./layers.ts";
export { writeScoring } from "./scoring.ts";
