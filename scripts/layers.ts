/** Packs the Lambda layers and functions, prints what they take, and fails where a function does not fit: `npm run layers`. */
import { resolve } from "node:path";
import { MediaError } from "../layers/core/index.ts";
import { functionSpecs } from "../stacks/app/index.ts";
import { cloudSettings } from "../stacks/aws/deployment.ts";
import { layerModels } from "./layers/models.ts";
import { parseLayerOptions, usage } from "./layers/options.ts";
import { pack } from "./layers/pack.ts";
import { sizeReport } from "./layers/report.ts";

async function main(argv: readonly string[]): Promise<void> {
  const options = parseLayerOptions(argv);
  if (options.help) return console.info(usage);
  const settings = cloudSettings({
    ...process.env,
    ...(options.model === undefined ? {} : { WHISPER_MODEL: options.model }),
    ...(options.voiceModel === undefined ? {} : { VOICE_MODEL: options.voiceModel }),
  });
  const specs = functionSpecs(settings);
  const onNotice = (line: string) => console.error(line);
  const packed = await pack({
    outputDirectory: resolve(options.outputDirectory),
    specs,
    architectures: options.architectures,
    models: (arch) => layerModels(settings, arch, onNotice),
    onNotice,
  });
  console.info(sizeReport(packed, specs, options.architectures));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const known = error instanceof MediaError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
  console.error(known || !(error instanceof Error) ? String(error) : (error.stack ?? error.message));
  process.exitCode = 1;
}
