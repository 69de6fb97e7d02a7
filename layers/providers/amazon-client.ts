import { environmentValue } from "../core/index.ts";
import { getJson, putObject } from "../storage/index.ts";
import { AmazonTranscribeProvider } from "./amazon-transcribe.ts";

/** Amazon Transcribe with this process's own credentials. */
export async function openAmazonTranscribe(): Promise<AmazonTranscribeProvider> {
  // Loaded only where it is used: no other provider should pay for it.
  const { Transcribe } = await import("@aws-sdk/client-transcribe");
  const bucket = environmentValue("RESULTS_BUCKET");
  return new AmazonTranscribeProvider({
    client: new Transcribe({}),
    bucket,
    prefix: "work/amazon-transcribe/",
    putAudio: async (key, wav) => {
      await putObject(bucket, key, wav, "audio/wav");
    },
    readReply: async (key) => (await getJson(bucket, key))?.value,
  });
}
