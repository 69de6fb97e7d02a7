import { z } from "zod";
import { canonicalJson, derivedJobId, MediaError, newJobId, readSettings } from "../../layers/core/index.ts";
import {
  findJob,
  isFinal,
  jobRequestSchema,
  keys,
  largestPartBytes,
  mostParts,
  type PresignedUpload,
  presignTranscript,
  presignUpload,
  smallestPartBytes,
  type UploadWay,
  usualPartSize,
} from "../../layers/storage/index.ts";
import { registerJob } from "../../layers/workflow/index.ts";
import { admitJob } from "./admit.ts";
import { audited } from "./audited.ts";
import { callerOf } from "./caller.ts";
import { endpoint, json, parseBody } from "./http.ts";
import { modelIdentity } from "./model-identity.ts";
import { refuseWhatTheProviderLacks } from "./provider-options.ts";

export const bodySchema = z
  .strictObject({
    /** Shown to people; never part of a key or a command. */
    fileName: z.string().min(1).max(1024),
    /** Left out where a transcript comes alone, without a file. */
    sizeBytes: z.number().int().min(0).optional(),
    /** Hex. When given, equal bytes with equal options are one job, and S3 verifies an upload by PUT. */
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    /** In parts, which may be sent in any order, several at a time, and again after a cut. */
    multipart: z.boolean().default(false),
    /** `multipart`: bytes of each part but the last. */
    partSizeBytes: z.number().int().min(smallestPartBytes).max(largestPartBytes).optional(),
    /** `multipart`: false leaves the list of addresses out; each is asked for when it is needed. */
    addresses: z.boolean().default(true),
    /** `multipart`: every part comes with the SHA-256 of its bytes. */
    checksums: z.boolean().default(false),
    /** A form that a browser can send as it is. */
    form: z.boolean().default(false),
    options: jobRequestSchema.prefault({}),
  })
  .superRefine((body, context) => {
    const complain = (name: string, message: string) =>
      context.addIssue({ code: "custom", path: [name], message, input: undefined });
    if (body.form && body.multipart) complain("form", "is one request, multipart is many: choose one");
    if (body.options.options?.url !== undefined) complain("options.url", "belongs to POST /v1/jobs");
    if (body.sizeBytes === undefined && !body.options.options?.transcript) {
      complain("sizeBytes", "is needed unless a transcript comes alone");
    }
    if (body.sizeBytes === undefined && body.options.options?.tasks?.includes("voice")) {
      complain("options.tasks", "cannot judge voices without a file");
    }
  });
type Body = z.output<typeof bodySchema>;

/**
 * `POST /v1/uploads`: makes a job and the presigned address to send its file to; a second one where a transcript comes with it. The job
 * starts when everything that was announced is there.
 */
export const handler = endpoint(
  audited("job.create", async (event) => {
    const { tenant } = callerOf(event);
    const { options: request, ...body } = parseBody(event, bodySchema);
    const { options, webhook } = request;
    const settings = readSettings(process.env);
    const limitBytes = settings.MAX_VIDEO_SIZE_MB * 1_048_576;
    const { sizeBytes } = body;
    if (sizeBytes !== undefined && sizeBytes > limitBytes) {
      throw new MediaError(
        "media.too_large",
        `The file has ${sizeBytes} bytes; at most ${limitBytes} are accepted. Send a smaller file, or raise MAX_VIDEO_SIZE_MB.`,
      );
    }
    refuseWhatTheProviderLacks(options, settings);
    const way = wayOf(body, sizeBytes ?? 0);
    const model = modelIdentity(options, settings);
    // A transcript that comes alone is known by its own hash, which is among the options.
    const content = sizeBytes === undefined ? "" : body.sha256;
    const derived = content === undefined ? undefined : derivedJobId(tenant, content, canonicalJson(options), model);
    const known = derived && (await findJob({ tenant, jobId: derived }));
    const runs = known && known.executionName !== undefined && !isFinal(known);
    // One that runs already tells nobody of its end, or somebody else.
    if (known && (known.status === "done" || known.status === "partial" || (runs && !webhook))) {
      const { jobId, status } = known;
      return json(200, { jobId, status, reused: true, job: `/v1/jobs/${jobId}` });
    }
    // S3 cannot verify the hash of a file in parts or of a form: its transcript must not answer for that hash later on.
    const jobId = derived && way.method === "PUT" && !runs ? derived : newJobId();
    const ref = { tenant, jobId };
    await admitJob(ref, settings);
    const expiresSeconds = settings.UPLOAD_URL_SECONDS;
    const upload =
      sizeBytes === undefined
        ? undefined
        : await presignUpload(ref, way, { sizeBytes, sha256: body.sha256, expiresSeconds });
    const { transcript: given } = options;
    const transcript = given && (await presignTranscript(ref, { ...given, expiresSeconds }));
    await registerJob(ref, {
      ...{ fileName: body.fileName, model, options, webhook },
      upload: {
        ...(sizeBytes === undefined
          ? { key: keys.givenTranscript(ref), sizeBytes: given?.sizeBytes ?? 0 }
          : { key: keys.upload(ref), sizeBytes }),
        sha256: body.sha256,
        ...partsOf(upload, body),
      },
    });
    return json(201, { jobId, status: "awaiting_upload", upload, transcript, job: `/v1/jobs/${jobId}` });
  }),
);

function wayOf(
  { form, multipart, partSizeBytes, addresses, checksums }: Omit<Body, "options">,
  size: number,
): UploadWay {
  if (!multipart) return { method: form ? "POST" : "PUT" };
  const bytes = partSizeBytes ?? usualPartSize(size);
  if (size / bytes > mostParts) {
    const least = Math.ceil(size / mostParts);
    throw new MediaError(
      "request.invalid",
      `partSizeBytes: a file has at most ${mostParts} parts; ${least} bytes are the least for this one.`,
    );
  }
  // The hash of a part is part of what is signed, so it must be known first.
  return { method: "MULTIPART", partSizeBytes: bytes, addresses: addresses && !checksums, checksums };
}

function partsOf(upload: PresignedUpload | undefined, { checksums }: Pick<Body, "checksums">) {
  if (upload?.method !== "MULTIPART") return {};
  const { uploadId: multipartUploadId, partSizeBytes } = upload;
  return { multipartUploadId, partSizeBytes, ...(checksums ? { checksums } : {}) };
}
