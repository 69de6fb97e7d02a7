import { describe, expect, it } from "vitest";
import { MediaError, retryableCodes, toProblem } from "./errors.ts";

describe("MediaError", () => {
  it("carries its code as its name, which is what Step Functions matches on", () => {
    const error = new MediaError("media.no_audio", "x.mp4 has no audio track.");
    expect(error).toMatchObject({ name: "media.no_audio", httpStatus: 422, retryable: false });
    expect(retryableCodes()).toContain("storage.conflict");
    expect(retryableCodes()).not.toContain("media.no_audio");
  });

  it("becomes an RFC 9457 problem document", () => {
    const { status, body } = toProblem(new MediaError("media.too_large", "The file has 9 bytes; 8 are allowed."));
    expect(status).toBe(413);
    expect(body).toEqual({
      type: "urn:halfgig:error:media.too_large",
      title: "the file is over the size limit",
      status: 413,
      detail: "The file has 9 bytes; 8 are allowed.",
      code: "media.too_large",
    });
  });

  it("says nothing of an unknown error", () => {
    const { status, body } = toProblem(new Error("password=hunter2"));
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain("hunter2");
  });
});
