export { configFileNames, readWhisperConfig, type WhisperDescription, type WhisperSizes } from "./config.ts";
export { tokenEmbeddingsName, writeDecoder } from "./decoder.ts";
export { writeEncoder } from "./encoder.ts";
export { LayerWriter } from "./layers.ts";
