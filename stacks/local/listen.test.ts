import { expect, it } from "vitest";
import { listenOnLoopback } from "./listen.ts";

it("limits the time for headers, and not the time for a body", async () => {
  const { server, close } = await listenOnLoopback(() => undefined, 0);
  const { headersTimeout, requestTimeout } = server;
  await close();
  expect({ headersTimeout, requestTimeout }).toEqual({ headersTimeout: 60_000, requestTimeout: 0 });
});
