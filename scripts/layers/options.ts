import { parseArgs } from "node:util";
import { type Architecture, architectures } from "../../layers/packing/index.ts";

export const usage = `npm run layers -- [options]: packs the Lambda layers and functions, and checks their sizes

  --arch <name>         arm64, x64 or all                                      (default: all)
  --model <name>        speech model of the models layer; "demo" needs no network
                                                                    (default: WHISPER_MODEL)
  --voice-model <name>  detector of synthetic voices: ast, demo, …           (default: VOICE_MODEL)
  --out <folder>        where the zips and their lists are written             (default: dist)

Writes <out>/layers/<name>-<arch>.zip and <out>/functions/<name>.zip, each with a list: layers.json and functions.json.
`;

export type LayerOptions = {
  help: boolean;
  architectures: readonly Architecture[];
  model: string | undefined;
  voiceModel: string | undefined;
  outputDirectory: string;
};

/** @throws Error that says what cannot be understood */
export function parseLayerOptions(argv: readonly string[]): LayerOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      arch: { type: "string", default: "all" },
      model: { type: "string" },
      "voice-model": { type: "string" },
      out: { type: "string", default: "dist" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const chosen = architectures.filter((arch) => values.arch === "all" || values.arch === arch);
  if (chosen.length === 0) throw new Error(`--arch is arm64, x64 or all, not "${values.arch}".`);
  return {
    help: values.help,
    architectures: chosen,
    model: values.model,
    voiceModel: values["voice-model"],
    outputDirectory: values.out,
  };
}
