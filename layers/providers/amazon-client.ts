import { environmentValue, MediaError } from "../core/index.ts";
import { getJson, putObject } from "../storage/index.ts";
import { AmazonTranscribeProvider, type TranscribeClient } from "./amazon-transcribe.ts";

/** A variable, because the package is not among halfgig's own: who wants Amazon Transcribe installs it. */
const packageName: string = "@aws-sdk/client-transcribe";

/** @throws MediaError `provider.not_installed` */
export async function openAmazonTranscribe(): Promise<AmazonTranscribeProvider> {
  const bucket = environmentValue("RESULTS_BUCKET");
  return new AmazonTranscribeProvider({
    client: await openClient(),
    bucket,
    prefix: "work/amazon-transcribe/",
    putAudio: async (key, wav) => {
      await putObject(bucket, key, wav, "audio/wav");
    },
    readReply: async (key) => (await getJson(bucket, key))?.value,
  });
}

async function openClient(): Promise<TranscribeClient> {
  try {
    const { Transcribe } = (await import(packageName)) as { Transcribe: new (options: object) => TranscribeClient };
    return new Transcribe({});
  } catch (cause) {
    throw new MediaError(
      "provider.not_installed",
      `ASR_PROVIDER=transcribe needs the package ${packageName}. Run "npm install ${packageName}", or set ASR_PROVIDER=local.`,
      { cause },
    );
  }
}
