import type { Readable } from "node:stream";
import type { InvokeOptions, LambdaHost } from "./lambda/index.ts";

export type HttpStreamedReply = { statusCode?: unknown; stream: Readable };

/**
 * The reply of a function that streams, as its own address gives it on AWS: its head as soon as there is one, its body as it is written.
 * @param closed aborted when the client has gone; the function is told
 * @throws Error where the function fails before its head, or sends none
 */
export async function streamedReply(
  lambda: Pick<LambdaHost, "invokeStreaming">,
  functionName: string,
  event: unknown,
  { patience, closed }: Pick<InvokeOptions, "patience"> & { closed: AbortSignal },
): Promise<HttpStreamedReply> {
  const options = { ...(patience ? { patience } : {}), hangUp: true };
  const { prelude, body } = await lambda.invokeStreaming(functionName, event, options);
  const leave = () => body.destroy();
  if (closed.aborted) leave();
  closed.addEventListener("abort", leave, { once: true });
  if (prelude) return { ...prelude, stream: body };
  leave();
  throw new Error(`${functionName} streams its replies, and began one without a head.`);
}
