import { environmentValue } from "../../../layers/core/index.ts";
import { transcriptSchema } from "../../../layers/transcript/index.ts";
import { json } from "../http.ts";
import { openAiEndpoint, wrong } from "./errors.ts";

/** The name by which programs ask OpenAI for a Whisper; here it is whichever speech model the host has. */
const alias = "whisper-1";

/** The names that a request may call this host's speech model by; none where no model is at work. */
export function modelNames(): string[] {
  const card = transcriptSchema.shape.model.parse(JSON.parse(environmentValue("MODEL_CARD")));
  return card ? [...new Set([card.id, alias])] : [];
}

/** @throws MediaError with OpenAI's own code `model_not_found` */
export function requireModel(name: string): void {
  const names = modelNames();
  if (names.includes(name)) return;
  const known = names.length === 0 ? "This host has no speech model." : `This host has: ${names.join(", ")}.`;
  throw wrong(
    "model",
    `The model ${JSON.stringify(name.slice(0, 100))} does not exist here. ${known}`,
    "model_not_found",
  );
}

/** When the model was made, which nobody recorded; the shape demands a number. */
const created = 0;

/** `GET /v1/models` and `GET /v1/models/{model}`: what may be named in a request, in OpenAI's shape. */
export const handler = openAiEndpoint(async (event) => {
  const describe = (id: string) => ({ id, object: "model", created, owned_by: "halfgig" });
  const asked = event.pathParameters?.model;
  if (asked === undefined) return json(200, { object: "list", data: modelNames().map(describe) });
  requireModel(asked);
  return json(200, describe(asked));
});
