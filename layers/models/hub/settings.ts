import { MediaError, type Settings } from "../../core/index.ts";

/** How long a download is patient, and how often it tries again. Tests shorten them. */
export type HubPatience = {
  /** Until the hub has answered for the first time. */
  readonly firstAnswerWithinMs: number;
  /** No try begins later than this where nothing has ever answered: a hub that cannot be reached should be known soon. */
  readonly unreachableAfterMs: number;
  /** Later answers; the hub may have to look a file up first. */
  readonly answerWithinMs: number;
  /** A body that brings no byte for this long is given up and asked for again. */
  readonly stallAfterMs: number;
  /** Pauses between tries that brought nothing; their number is the number of tries again. */
  readonly retryDelaysMs: readonly number[];
  /** A hub that asks for a longer pause (Retry-After) is taken at its word: the download ends. */
  readonly longestRetryAfterMs: number;
};

export const defaultPatience: HubPatience = {
  firstAnswerWithinMs: 10_000,
  unreachableAfterMs: 3000,
  answerWithinMs: 30_000,
  stallAfterMs: 30_000,
  retryDelaysMs: [500, 1000, 2000, 4000],
  longestRetryAfterMs: 60_000,
};

/** Where models come from. */
export type HubSettings = {
  readonly endpoint: URL;
  /** Sent to the endpoint's own origin alone. */
  readonly token?: string;
  readonly offline: boolean;
  /** Folder in the hub's layout that is used in the hub's place. */
  readonly mirrorDirectory?: string;
  readonly patience: HubPatience;
};

/**
 * The hub as the settings describe it; the variables are those of the hub's own tools.
 * @throws MediaError `config.invalid` where the token would travel unencrypted
 */
export function hubSettings(
  settings: Pick<Settings, "HF_ENDPOINT" | "HF_TOKEN" | "HF_HUB_OFFLINE" | "HALFGIG_MODEL_MIRROR">,
): HubSettings {
  const endpoint = new URL(settings.HF_ENDPOINT);
  const token = settings.HF_TOKEN || undefined;
  if (token !== undefined && endpoint.protocol === "http:" && !isLoopback(endpoint)) {
    throw new MediaError(
      "config.invalid",
      `HF_TOKEN would be sent unencrypted to ${endpoint.origin}. Use an https address in HF_ENDPOINT, or unset HF_TOKEN.`,
    );
  }
  return {
    endpoint,
    ...(token === undefined ? {} : { token }),
    offline: settings.HF_HUB_OFFLINE,
    ...(settings.HALFGIG_MODEL_MIRROR ? { mirrorDirectory: settings.HALFGIG_MODEL_MIRROR } : {}),
    patience: defaultPatience,
  };
}

/** RFC 6761 `localhost`, and the loopback addresses of RFC 5735 and RFC 4291. */
export function isLoopback({ hostname }: URL): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  );
}
