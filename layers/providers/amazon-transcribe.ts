import { setTimeout as sleep } from "node:timers/promises";
import type { LanguageCode } from "@aws-sdk/client-transcribe";
import { samplesToMs } from "../audio/index.ts";
import { MediaError, sha256Hex } from "../core/index.ts";
import { readTranscribeItems } from "./amazon-items.ts";
import type { ProvidedTranscript, ProviderOptions, SpeechProvider } from "./provider.ts";
import { wavFile } from "./wav.ts";

type Job = { TranscriptionJobStatus?: string | undefined; FailureReason?: string | undefined };

/** The part of `@aws-sdk/client-transcribe`'s `Transcribe` that is used here. */
export type TranscribeClient = {
  startTranscriptionJob(input: {
    TranscriptionJobName: string;
    MediaFormat: "wav";
    Media: { MediaFileUri: string };
    OutputBucketName: string;
    OutputKey: string;
    LanguageCode?: LanguageCode;
    IdentifyLanguage?: boolean;
  }): Promise<unknown>;
  getTranscriptionJob(input: { TranscriptionJobName: string }): Promise<{ TranscriptionJob?: Job | undefined }>;
};

export type TranscribePorts = {
  client: TranscribeClient;
  bucket: string;
  /** Where audio and replies are kept until the bucket's rules remove them. */
  prefix: string;
  putAudio(key: string, wav: Uint8Array): Promise<void>;
  readReply(key: string): Promise<unknown>;
  pollMs?: number;
  timeoutMs?: number;
};

/** Amazon's codes have a region; these are the ones that most speakers mean. The others exist with one region only. */
const regions: Record<string, LanguageCode> = {
  ...{
    en: "en-US",
    de: "de-DE",
    es: "es-ES",
    fr: "fr-FR",
    it: "it-IT",
    pt: "pt-BR",
    nl: "nl-NL",
    ja: "ja-JP",
    ko: "ko-KR",
  },
  ...{
    zh: "zh-CN",
    ar: "ar-SA",
    hi: "hi-IN",
    ru: "ru-RU",
    tr: "tr-TR",
    sv: "sv-SE",
    da: "da-DK",
    pl: "pl-PL",
    uk: "uk-UA",
  },
  ...{
    cs: "cs-CZ",
    fi: "fi-FI",
    he: "he-IL",
    id: "id-ID",
    no: "no-NO",
    ro: "ro-RO",
    th: "th-TH",
    vi: "vi-VN",
    el: "el-GR",
  },
};

/**
 * Amazon Transcribe's batch jobs: one per window, so that windows fail, and are paid for, by themselves. A job's name comes from
 * its audio, so a window that is tried again finds the job that it had started.
 * https://docs.aws.amazon.com/transcribe/latest/APIReference/API_StartTranscriptionJob.html
 */
export class AmazonTranscribeProvider implements SpeechProvider {
  readonly name = "transcribe";
  readonly #ports: TranscribePorts;

  constructor(ports: TranscribePorts) {
    this.#ports = ports;
  }

  async transcribeWindow(pcm: Float32Array, options: ProviderOptions): Promise<ProvidedTranscript> {
    if (options.task === "translate") {
      throw new MediaError("request.invalid", "Amazon Transcribe does not translate. Use the task transcribe.");
    }
    const wav = wavFile(pcm);
    const name = `halfgig-${sha256Hex(`${sha256Hex(wav)} ${options.language ?? ""}`).slice(0, 40)}`;
    const replyKey = `${this.#ports.prefix}${name}.json`;
    await this.#start(name, wav, replyKey, options.language);
    await this.#finished(name, options.signal);
    const reply = await this.#ports.readReply(replyKey);
    const { words, language } = options;
    return readTranscribeItems(reply, { durationMs: samplesToMs(pcm.length), given: language, words: words === true });
  }

  async #start(name: string, wav: Uint8Array, replyKey: string, language: string | undefined): Promise<void> {
    const { client, bucket, prefix, putAudio } = this.#ports;
    const key = `${prefix}${name}.wav`;
    await putAudio(key, wav);
    try {
      await client.startTranscriptionJob({
        TranscriptionJobName: name,
        MediaFormat: "wav",
        Media: { MediaFileUri: `s3://${bucket}/${key}` },
        OutputBucketName: bucket,
        OutputKey: replyKey,
        ...(language ? { LanguageCode: regions[language] ?? (language as LanguageCode) } : { IdentifyLanguage: true }),
      });
    } catch (error) {
      // An earlier attempt at this window started it.
      if (nameOf(error) === "ConflictException") return;
      throw explain(error);
    }
  }

  async #finished(name: string, signal: AbortSignal | undefined): Promise<void> {
    const { client, pollMs = 2_000, timeoutMs = 240_000 } = this.#ports;
    const attempts = Math.max(1, Math.ceil(timeoutMs / pollMs));
    for (let attempt = 0; attempt < attempts; attempt++) {
      const reply = await client.getTranscriptionJob({ TranscriptionJobName: name }).catch((error) => {
        throw explain(error);
      });
      const { TranscriptionJobStatus: status, FailureReason: reason } = reply.TranscriptionJob ?? {};
      if (status === "COMPLETED") return;
      if (status === "FAILED") {
        throw new MediaError(
          "provider.refused",
          `Amazon Transcribe gave up on the window: ${reason ?? "no reason given"}.`,
        );
      }
      await sleep(pollMs, undefined, { signal });
    }
    throw new MediaError(
      "provider.unavailable",
      `Amazon Transcribe was not done with the window after ${timeoutMs / 1000} s. Send the file again later.`,
    );
  }
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : "");
const passing = ["LimitExceededException", "InternalFailureException", "ThrottlingException", "TimeoutError"];

function explain(error: unknown): MediaError {
  const sentence = error instanceof Error ? error.message : String(error);
  if (passing.includes(nameOf(error))) {
    return new MediaError("provider.unavailable", `Amazon Transcribe is busy: ${sentence}`, { cause: error });
  }
  return new MediaError(
    "provider.refused",
    `Amazon Transcribe refused the window: ${sentence} Check the function's permissions and the language.`,
    { cause: error },
  );
}
