export {
  readWav2Vec2Config,
  readWav2Vec2Sizes,
  type Wav2Vec2Description,
  type Wav2Vec2Sizes,
  wav2Vec2ConfigFileNames,
} from "./config.ts";
export { writeWav2Vec2 } from "./graph.ts";
export { DetectorWeights, findDetectorPaths } from "./weights.ts";
