import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { environmentValue, type JobRef, MediaError, newJobId, readSettings } from "../../layers/core/index.ts";
import { deleteObject, keys, optionsFromTexts, putStream } from "../../layers/storage/index.ts";
import { registerJob, startJob } from "../../layers/workflow/index.ts";
import { admitJob } from "./admit.ts";
import { audited } from "./audited.ts";
import { callerOf } from "./caller.ts";
import { invalid, nameOf, readForm, tooLarge } from "./form.ts";
import { endpoint, type HttpEvent, json } from "./http.ts";
import { modelIdentity } from "./model-identity.ts";
import { refuseWhatTheProviderLacks } from "./provider-options.ts";

/** Lambda takes requests of 6 MB, and gets bytes in base64. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const largestRequestFileBytes = 4_500_000;

/**
 * `POST /v1/media`: a file with its job's options in one request, as `multipart/form-data` or as the bare bytes with the options in the
 * address. The file is written to S3 while the form is read, and becomes an object only when all of the request is right.
 */
export const handler = endpoint(
  audited("job.create", async (event) => {
    const ref = { tenant: callerOf(event).tenant, jobId: newJobId() };
    const settings = readSettings(process.env);
    const mostBytes = Math.min(largestRequestFileBytes, settings.MAX_VIDEO_SIZE_MB * 1_048_576);
    await admitJob(ref, settings);
    const upload = new PendingUpload(ref);
    try {
      const { fileName, texts } = await readMedia(event, mostBytes, upload);
      if (upload.sizeBytes === 0)
        throw new MediaError("media.empty", "The file has no bytes. Send one that has content.");
      const { options, webhook } = optionsFromTexts(texts);
      if (options.url !== undefined) throw invalid("A url belongs to POST /v1/jobs");
      if (options.transcript) throw invalid("A transcript is sent beside its file by POST /v1/uploads");
      refuseWhatTheProviderLacks(options, settings);
      const model = modelIdentity(options, settings);
      const { key, sizeBytes } = upload;
      // The event of the object may come before there is a job of it: then it changes nothing.
      await upload.end();
      await registerJob(ref, { fileName, model, options, webhook, upload: { key, sizeBytes } });
    } catch (error) {
      await upload.abandon();
      throw error;
    }
    const { status } = await startJob(ref);
    return json(202, { jobId: ref.jobId, status, job: `/v1/jobs/${ref.jobId}` });
  }),
);

async function readMedia(event: HttpEvent, mostBytes: number, upload: PendingUpload) {
  const type = event.headers["content-type"] ?? "";
  if (/^multipart\//i.test(type)) {
    const { fileName, fields, lists } = await readForm(event, mostBytes, ({ bytes }) => upload.write(bytes));
    const [list] = Object.keys(lists);
    if (list !== undefined) throw invalid(`${JSON.stringify(list)} is no option`);
    return { fileName, texts: fields };
  }
  if (!/^(audio|video)\/|^application\/(octet-stream|ogg|mp4)\b/i.test(type)) {
    throw invalid(`A body of the type ${JSON.stringify(type.slice(0, 64))} cannot be read`);
  }
  const { fileName, ...texts } = event.queryStringParameters ?? {};
  const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  if (body.length > mostBytes) throw tooLarge(mostBytes);
  await upload.write(Readable.from([body]));
  return { fileName: nameOf(fileName), texts: texts as Record<string, string> };
}

/** An upload whose bytes are on their way to S3, and which becomes an object only by `end()`. */
class PendingUpload {
  readonly key;
  sizeBytes = 0;
  readonly #bucket = environmentValue("UPLOADS_BUCKET");
  readonly #stream = new PassThrough();
  #stored: Promise<void> | undefined;

  constructor(ref: JobRef) {
    this.key = keys.upload(ref);
  }

  /** Takes all bytes there are, and waits for more. */
  async write(bytes: Readable): Promise<void> {
    this.#stored = putStream(this.#bucket, this.key, this.#stream, "application/octet-stream");
    this.#stored.catch((error) => this.#stream.destroy(error));
    bytes.on("data", (chunk: Buffer) => {
      this.sizeBytes += chunk.length;
    });
    await pipeline(bytes, this.#stream, { end: false });
  }

  async end(): Promise<void> {
    this.#stream.end();
    await this.#stored;
  }

  /** Nothing stays: the parts are given up, and where the object was there already it is deleted. */
  async abandon(): Promise<void> {
    if (!this.#stored) return;
    this.#stream.destroy(new Error("given up"));
    await this.#stored.then(
      () => deleteObject(this.#bucket, this.key),
      () => undefined,
    );
  }
}
