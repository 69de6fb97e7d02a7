import { fileURLToPath } from "node:url";

/** Folder of the voice detector that is shipped with halfgig. In a bundle it is not there: functions get built models. */
export const demoVoiceDirectory = fileURLToPath(new URL("./demo/ast/", import.meta.url));

/** What the shipped detector is called in manifests and verdicts; raise the revision with every retraining. */
export const demoVoiceIdentity = { id: "demo-ast", revision: "2", licence: "CC-BY-SA-4.0", demo: true } as const;
