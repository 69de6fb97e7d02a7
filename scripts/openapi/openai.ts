import { z } from "zod";
import { responseFormats } from "../../functions/api/openai/request.ts";

/** The OpenAI-compatible part of the API, as far as this host has it: https://platform.openai.com/docs/api-reference/audio */
const file = z.string().meta({ contentMediaType: "application/octet-stream" });

export const translationForm = z.strictObject({
  file,
  model: z.string(),
  prompt: z.string().optional(),
  response_format: z.enum(responseFormats).default("json"),
  temperature: z.number().min(0).max(1).default(0),
});

export const transcriptionForm = translationForm.extend({
  language: z.string().optional(),
  "timestamp_granularities[]": z.array(z.enum(["word", "segment"])).optional(),
  stream: z.boolean().default(false),
  chunking_strategy: z.literal("auto").optional(),
});

/** `json`; with `verbose_json` all of it. */
export const transcriptionSchema = z.object({
  text: z.string(),
  usage: z.object({ type: z.literal("duration"), seconds: z.number() }),
  task: z.enum(["transcribe", "translate"]).optional(),
  language: z.string().nullable().optional(),
  duration: z.number().optional(),
  segments: z
    .array(
      z.looseObject({
        id: z.number(),
        start: z.number(),
        end: z.number(),
        text: z.string(),
        /** Nobody is believed to have said it: it is not in the text. */
        hallucination: z.literal("likely").optional(),
      }),
    )
    .optional(),
  words: z.array(z.object({ word: z.string(), start: z.number(), end: z.number() })).optional(),
});

export const modelSchema = z.object({
  id: z.string(),
  object: z.literal("model"),
  created: z.number(),
  owned_by: z.string(),
});
export const modelListSchema = z.object({ object: z.literal("list"), data: z.array(modelSchema) });

/** Every refusal of the OpenAI-compatible part. */
export const openAiErrorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.enum(["invalid_request_error", "rate_limit_error", "server_error"]),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});
