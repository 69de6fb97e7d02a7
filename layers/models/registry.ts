import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { demoVoiceDirectory, demoVoiceIdentity } from "./demo-voice.ts";

export type KnownFile = {
  readonly name: string;
  readonly sizeBytes?: number;
  readonly sha256?: string;
  /** Git's object id, which is what the hub publishes of files that are not in large file storage. */
  readonly gitSha1?: string;
  /** Where the file is published, when that is not the model's own repository: a detector's encoder is somebody else's. */
  readonly repo?: string;
  /** Fetched only where the other files do not hold all weights. */
  readonly ifIncomplete?: true;
};

/** A model that halfgig knows by name. */
export type KnownModel = {
  readonly id: string;
  readonly kind: "speech" | "voice" | "embedding";
  /** Repository on the model hub; absent for the model that is shipped. */
  readonly repo?: string;
  /** Absent where nobody has pinned one: the first pull locks what it gets. */
  readonly revision?: string;
  readonly licence: string;
  readonly demo: boolean;
  readonly files: readonly KnownFile[];
  /** Detectors: the labels that mean spoof, by their index, as published; the checkpoint's own names must agree. */
  readonly spoofLabels?: readonly number[];
};

/** The id of the model that is shipped with halfgig. */
export const demoModelId = "demo";

const hubBaseUrl = "https://huggingface.co";

/**
 * Version of the demo weights. Raise it with every retraining: it is what transcripts name as the model's revision.
 */
const demoRevision = "2";

type Pin = readonly [
  id: string,
  revision: string,
  sizeBytes: number,
  sha256: string,
  gitSha1?: { config: string; generationConfig: string },
  tokenizer?: KnownFile,
];

/** Revision, size and SHA-256 of `model.safetensors` as published under openai/<id>. */
const whisperPins: readonly Pin[] = [
  [
    "whisper-tiny",
    "169d4a4341b33bc18d8881c4b69c2e104e1cc0af",
    151_061_672,
    "7ebd0e69e78190ffe1438491fa05cc1f5c1aa3a4c4db3bc1723adbb551ea2395",
    {
      config: "417aa9de49a132dd3eb6a56d3be2718b15f08917",
      generationConfig: "4b26dd66b8f7bca37d851d259fdc118315cacc62",
    },
    {
      name: "tokenizer.json",
      sizeBytes: 2_480_466,
      sha256: "27fc476bfe7f17299480be2273fc0608e4d5a99aba2ab5dec5374b4482d1a566",
    },
  ],
  [
    "whisper-tiny.en",
    "87c7102498dcde7456f24cfd30239ca606ed9063",
    151_060_136,
    "db59695928ded6043adaef491a53ef4e12da9611184d77c53baa691a60b958ad",
  ],
  [
    "whisper-base",
    "e37978b90ca9030d5170a5c07aadb050351a65bb",
    290_403_936,
    "07cadb9f25677c8d50df603e66a98fbd842cce45047139baeb16e6219a1e807b",
    {
      config: "708cca09e7e8a9364e444efe8b4f9c2691fc5f51",
      generationConfig: "38eda87a0b22fdb85af5dfa14cf065147337137a",
    },
  ],
  [
    "whisper-base.en",
    "911407f4214e0e1d82085af863093ec0b66f9cd6",
    290_401_888,
    "d4dd5542fd6a1d35639e21384238f3bfe6c557c849d392b5905d33ee29e71db5",
  ],
  [
    "whisper-small",
    "973afd24965f72e36ca33b3055d56a652f456b4d",
    966_995_080,
    "1d7734884874f1a1513ed9aa760a4f8e97aaa02fd6d93a3a85d27b2ae9ca596b",
    {
      config: "113bb3efe3a7396f2ea629eef12637bd8085238d",
      generationConfig: "d3823179a367fa912e3b911b3d2e71ab2a028290",
    },
  ],
  [
    "whisper-small.en",
    "e8727524f962ee844a7319d92be39ac1bd25655a",
    966_992_008,
    "6014ac49b506df900f66f4aca6b0801eed7245594ace97bcaf73e0ae5b863066",
  ],
];

const detectorConfiguration: readonly KnownFile[] = [{ name: "config.json" }, { name: "preprocessor_config.json" }];
const weights: KnownFile = { name: "model.safetensors" };
const xlsrRepo = "facebook/wav2vec2-xls-r-300m";

/** Detectors of synthetic voices. Their files are locked by the first pull. */
const voiceModels: readonly KnownModel[] = [
  { ...demoVoiceIdentity, kind: "voice", files: [...detectorConfiguration, weights], spoofLabels: [1] },
  {
    id: "ast-asvspoof5",
    kind: "voice",
    repo: "MattyB95/AST-ASVspoof5-Synthetic-Voice-Detection",
    licence: "BSD-3-Clause",
    demo: false,
    files: [...detectorConfiguration, weights],
    // Labels 0 Bonafide, 1 Spoof.
    spoofLabels: [1],
  },
  {
    id: "ast-voxcelebspoof",
    kind: "voice",
    repo: "MattyB95/AST-VoxCelebSpoof-Synthetic-Voice-Detection",
    licence: "MIT",
    demo: false,
    files: [...detectorConfiguration, weights],
  },
  {
    id: "xlsr-pellav2",
    kind: "voice",
    repo: "Sadanie/pellav2-audio-deepfake-detector",
    licence: "MIT",
    demo: false,
    files: [
      ...detectorConfiguration.map((file) => ({ ...file, repo: xlsrRepo })),
      { name: "pellav2_detector.pt" },
      { name: "pytorch_model.bin", repo: xlsrRepo, ifIncomplete: true },
    ],
  },
];

/** Sentence embeddings, for search. */
const embeddingModels: readonly KnownModel[] = [
  {
    id: "all-MiniLM-L6-v2",
    kind: "embedding",
    repo: "sentence-transformers/all-MiniLM-L6-v2",
    revision: "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
    licence: "Apache-2.0",
    demo: false,
    files: [
      { name: "config.json", sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41" },
      { name: "tokenizer.json", sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037" },
      {
        ...weights,
        sizeBytes: 90_868_376,
        sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
      },
    ],
  },
];

export const knownModels: ReadonlyMap<string, KnownModel> = new Map(
  [
    {
      id: demoModelId,
      kind: "speech" as const,
      revision: demoRevision,
      licence: "CC-BY-SA-4.0",
      demo: true,
      files: configurationFiles().concat({ name: "model.safetensors" }),
    },
    ...whisperPins.map(([id, revision, sizeBytes, sha256, gitSha1, tokenizer]) => ({
      id,
      kind: "speech" as const,
      repo: `openai/${id}`,
      revision,
      licence: "Apache-2.0",
      demo: false,
      files: configurationFiles(gitSha1, tokenizer).concat({ name: "model.safetensors", sizeBytes, sha256 }),
    })),
    ...voiceModels,
    ...embeddingModels,
  ].map((model: KnownModel) => [model.id, model]),
);

function configurationFiles(gitSha1?: Pin[4], tokenizer: KnownFile = { name: "tokenizer.json" }): KnownFile[] {
  return [
    { name: "config.json", ...(gitSha1 ? { gitSha1: gitSha1.config } : {}) },
    { name: "generation_config.json", ...(gitSha1 ? { gitSha1: gitSha1.generationConfig } : {}) },
    { name: "preprocessor_config.json" },
    tokenizer,
    { name: "tokenizer_config.json" },
  ];
}

/** The page of a repository. */
export function repoUrl(repo: string): string {
  return `${hubBaseUrl}/${repo}`;
}

/** Where a file of a known model is published. */
export function fileUrl(model: KnownModel, fileName: string): string {
  const { repo } = model.files.find(({ name }) => name === fileName) ?? {};
  return repo === undefined
    ? `${hubBaseUrl}/${model.repo}/resolve/${model.revision ?? "main"}/${fileName}`
    : `${hubBaseUrl}/${repo}/resolve/main/${fileName}`;
}

/** Folder of the checkpoint that is shipped with halfgig. In a bundle it is not there: functions get built models. */
export const demoCheckpointDirectory = fileURLToPath(new URL("./demo/whisper/", import.meta.url));

/** Where the checkpoint of a model is: a shipped one in the repository, others below the models' directory. */
export function checkpointDirectory(modelsDirectory: string, id: string): string {
  if (id === demoModelId) return demoCheckpointDirectory;
  return id === demoVoiceIdentity.id ? demoVoiceDirectory : join(modelsDirectory, id);
}

/** Whether the model comes with halfgig. */
export function isShipped(id: string): boolean {
  const known = knownModels.get(id);
  return known !== undefined && known.repo === undefined;
}
