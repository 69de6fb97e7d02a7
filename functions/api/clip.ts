import busboy from "busboy";
import { z } from "zod";
import { MediaError } from "../../layers/core/index.ts";
import { jobOptionFields } from "../../layers/storage/index.ts";
import { type HttpEvent, parseBody } from "./http.ts";

/** A request holds 6 MB with its audio in base64. */
export const largestClipBytes = 4_500_000;

const choices = {
  operatingPoint: jobOptionFields.operatingPoint,
  voiceHop: jobOptionFields.voiceHop,
  voiceModel: jobOptionFields.voiceModel,
};
const choicesSchema = z.strictObject(choices);
export const jsonSchema = z.strictObject({
  /** Base64, with or without the `data:` in front that browsers write. */
  audio: z.string().min(1),
  /** What the sender takes the audio for; its bytes decide. */
  format: z.string().max(32).optional(),
  ...choices,
});

export type Clip = { audio: Buffer; choices: z.output<typeof choicesSchema> };

/**
 * The audio of a request: `multipart/form-data` with one file and fields, or JSON `{ audio: base64, … }`.
 * @throws MediaError `request.invalid`, `media.too_large`, `media.empty`
 */
export async function readClip(event: HttpEvent): Promise<Clip> {
  const type = event.headers["content-type"] ?? "";
  const clip = /^multipart\/form-data\b/i.test(type) ? await readForm(event, type) : readJson(event, type);
  if (clip.audio.length > largestClipBytes) throw tooLarge();
  if (clip.audio.length === 0)
    throw new MediaError("media.empty", "The audio has no bytes. Send a clip that has content.");
  return clip;
}

function readJson(event: HttpEvent, type: string): Clip {
  if (!/^application\/json\b/i.test(type)) {
    throw invalid(`A body of the type ${JSON.stringify(type.slice(0, 64))} cannot be read`);
  }
  const { audio, format: _, ...chosen } = parseBody(event, jsonSchema);
  const base64 = audio.replace(/^data:[^,]{0,200};base64,/, "");
  if (!/^[\w+/-]*={0,2}$/.test(base64)) throw invalid("audio is not base64");
  return { audio: Buffer.from(base64, "base64"), choices: chosen };
}

async function readForm(event: HttpEvent, type: string): Promise<Clip> {
  const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "latin1");
  const { audio, fields } = await parseForm(body, type);
  const parsed = choicesSchema.safeParse({
    ...fields,
    ...(fields.voiceHop === undefined ? {} : { voiceHop: Number(fields.voiceHop) }),
  });
  if (parsed.success) return { audio, choices: parsed.data };
  const complaints = parsed.error.issues.map((issue) => `${issue.path.join(".") || "form"}: ${issue.message}`);
  throw invalid(complaints.join("; "));
}

/** Every bound is set: busboy's own are infinite, and reaching one is an event and no error. */
function parseForm(body: Buffer, type: string): Promise<{ audio: Buffer; fields: Record<string, string> }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const fields: Record<string, string> = {};
    let files = 0;
    let form: busboy.Busboy;
    try {
      const limits = { files: 1, fileSize: largestClipBytes, fields: 8, fieldSize: 200, fieldNameSize: 64, parts: 10 };
      form = busboy({ headers: { "content-type": type }, limits: { ...limits, headerPairs: 16 } });
    } catch (cause) {
      reject(invalid("The form's boundary is missing", cause));
      return;
    }
    form.on("file", (_name, stream) => {
      files++;
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("limit", () => reject(tooLarge()));
      // Of a form that breaks off the file hears first; an error that nobody listens to would end the process.
      stream.on("error", (cause) => reject(invalid("The form is broken off", cause)));
    });
    form.on("field", (name, value, { nameTruncated, valueTruncated }) => {
      if (nameTruncated || valueTruncated)
        reject(invalid(`The field ${JSON.stringify(name.slice(0, 64))} is too long`));
      else if (Object.hasOwn(fields, name)) reject(invalid(`The field ${JSON.stringify(name)} comes twice`));
      else fields[name] = value;
    });
    form.on("filesLimit", () => reject(invalid("The form has more than one file")));
    form.on("fieldsLimit", () => reject(invalid("The form has too many fields")));
    form.on("partsLimit", () => reject(invalid("The form has too many parts")));
    form.on("error", (cause) => reject(invalid("The form is broken off or not well formed", cause)));
    form.on("close", () => {
      if (files === 0) reject(invalid("The form has no file"));
      else resolve({ audio: Buffer.concat(chunks), fields });
    });
    form.end(body);
  });
}

function invalid(what: string, cause?: unknown): MediaError {
  const how = 'Send multipart/form-data with one file, or JSON {"audio": "<base64>"}.';
  return new MediaError("request.invalid", `${what}. ${how}`, cause === undefined ? {} : { cause });
}

const tooLarge = () =>
  new MediaError(
    "media.too_large",
    `A clip has at most ${largestClipBytes} bytes. Send longer files to POST /v1/uploads.`,
  );
