export { type Chain, cleanChain, codecs, degradedChain, through } from "./chain.ts";
export { type Figures, figures, type Scored, suggestCalibration } from "./figures.ts";
export { parseOptions } from "./options.ts";
export { folderVoices, spokenVoices, type VoiceSource } from "./recordings.ts";
export { figuresTable, reliabilityTable } from "./report.ts";
export { controls, type Detector, openDetector, type Scorer } from "./scorers.ts";
export { type Condition, conditions, pairedTrials, type Trial } from "./trials.ts";
