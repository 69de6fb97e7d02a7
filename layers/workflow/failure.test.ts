import { describe, expect, it } from "vitest";
import { describeFailure } from "./failure.ts";

const cause = (errorType: string, errorMessage: string) => JSON.stringify({ errorType, errorMessage, trace: [] });

describe("describeFailure", () => {
  it("names the step, the limit and the variable when a function was killed at its limit", () => {
    const failure = describeFailure({
      step: "infer",
      error: "Runtime.OutOfMemory",
      cause: cause("Runtime.OutOfMemory", "infer was killed at its memory limit of 64 MB"),
    });
    expect(failure).toMatchObject({ code: "memory.exceeded", step: "infer" });
    expect(failure.message).toContain("64 MB");
    expect(failure.advice).toContain("HALFGIG_INFER_MEMORY");
  });

  it("keeps the message of our own errors as it is", () => {
    const failure = describeFailure({
      step: "probe",
      error: "media.not_media",
      cause: cause("media.not_media", "It is text."),
    });
    expect(failure).toMatchObject({ code: "media.not_media", message: "It is text.", step: "probe" });
    expect(failure.advice).toContain("Send audio or video");
  });

  it.each([
    ["plain text", "The service said no.", /The service said no\./],
    ["nothing", "", /no cause was given/],
    ["JSON that is not an error", "[1]", /\[1\]/],
  ])("takes %s as a cause", (_name, text, message) => {
    const failure = describeFailure({ step: "merge", error: "Lambda.Unknown", cause: text });
    expect(failure.code).toBe("workflow.step_failed");
    expect(failure.message).toMatch(message);
    expect(failure.message).toContain("Lambda.Unknown");
  });
});
