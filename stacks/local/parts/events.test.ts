import { expect, it } from "vitest";
import { LambdaServiceException } from "../lambda/errors.ts";
import type { AsyncInvoker } from "../lambda/index.ts";
import type { ExecutionEnd } from "../states/index.ts";
import { Events } from "./events.ts";

const ended: ExecutionEnd = { executionArn: "arn", name: "run", status: "ABORTED", error: "", cause: "" };

function crowded(): { events: Events; notices: string[] } {
  const notices: string[] = [];
  const events = new Events((line) => notices.push(line));
  const enqueue = () => {
    throw new LambdaServiceException("TooManyRequestsException", 429, "Too many events wait; try again later.");
  };
  events.invoker = { enqueue } as unknown as AsyncInvoker;
  return { events, notices };
}

it("leaves an execution's end to be told of later where too many events wait, and the host lives", async () => {
  const { events, notices } = crowded();
  expect(await events.ofExecution(ended)).toBe(false);
  expect(notices).toEqual([expect.stringMatching(/run.*Too many events.*next start/)]);
});

it("leaves an upload to a later start where too many events wait", () => {
  const { events, notices } = crowded();
  const record = { s3: { object: { key: "uploads/default/j0/source" } } };
  events.ofObject({ bucket: "halfgig-uploads", eventName: "ObjectCreated:Put", record } as never);
  expect(notices).toEqual([expect.stringContaining("Too many events")]);
});

it("tells nobody of an execution that succeeded", () => {
  expect(crowded().events.ofExecution({ ...ended, status: "SUCCEEDED", output: "{}" } as ExecutionEnd)).toBeUndefined();
});
