import { type ErrorCode, errorCodes } from "../core/index.ts";

/** A failed step as people should read it. */
export type StepFailure = { code: string; message: string; step: string; advice: string };

const byRuntimeError: Record<string, { code: ErrorCode; advice: (step: string) => string }> = {
  "Runtime.OutOfMemory": {
    code: "memory.exceeded",
    advice: (step) =>
      `Give ${step} a larger allocation (HALFGIG_${step.toUpperCase()}_MEMORY where it exists; 512 is the default) or choose a smaller model, then send the file again.`,
  },
  "Sandbox.Timedout": {
    code: "workflow.step_failed",
    advice: () =>
      "The step ran out of its time. Send the file again; if it happens again, the file is too much for one step.",
  },
};

const adviceByCode: Partial<Record<ErrorCode, string>> = {
  "media.empty": "Send a file that has content.",
  "media.not_media": "Send audio or video: mp4, mov, mkv, webm, mp3, wav, flac, ogg, m4a, aac or ts.",
  "media.no_audio": "Send a file with an audio track.",
  "media.too_large": "Send a smaller file, or raise MAX_VIDEO_SIZE_MB.",
  "media.too_long": "Send a shorter file, or raise MAX_DURATION_MINUTES.",
  "media.decode_failed": "Convert the file with a current tool and send it again.",
  "storage.object_changed": "Nothing: the newer upload has its own job.",
  "transcript.invalid": "Correct the transcript at the line that the message names, or send the file without it.",
  "provider.refused": "Check OPENAI_API_KEY, OPENAI_BASE_URL and the service's limits, then send the file again.",
  "provider.unavailable": "Send the file again later, or set ASR_PROVIDER=local.",
  "model.missing": "Install the model that the message names, or choose another with WHISPER_MODEL.",
};

/**
 * Turns what a Catch gives (Error and Cause) into a record for people.
 * Cause is Lambda's JSON `{errorType, errorMessage}`, or plain text from the service.
 */
export function describeFailure(failure: { step: string; error: string; cause: string }): StepFailure {
  const message = messageOfCause(failure.cause);
  const runtime = byRuntimeError[failure.error];
  if (runtime) {
    return {
      code: runtime.code,
      message: `${failure.step}: ${message}`,
      step: failure.step,
      advice: runtime.advice(failure.step),
    };
  }
  const known = failure.error in errorCodes ? (failure.error as ErrorCode) : undefined;
  return {
    code: known ?? "workflow.step_failed",
    message: known ? message : `${failure.step} failed with ${failure.error}: ${message}`,
    step: failure.step,
    advice:
      (known && adviceByCode[known]) ??
      (known?.startsWith("source.") ? "If you have the file, send the file itself." : undefined) ??
      (known && errorCodes[known].retryable
        ? "Send the file again: this error is known to pass."
        : "Read the execution's history and the function's log; if the file is at fault they say so."),
  };
}

function messageOfCause(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    if (parsed !== null && typeof parsed === "object" && "errorMessage" in parsed) return String(parsed.errorMessage);
  } catch {
    // A service's own cause is plain text.
  }
  return cause === "" ? "no cause was given" : cause;
}
