import { z } from "zod";
import { MediaError } from "../../layers/core/index.ts";
import type { HttpEvent } from "./http.ts";

const keysSchema = z.array(z.string());

/**
 * The route of a request, as `stacks/app` writes it. A function's own address knows no routes: whatever path and method is sent there
 * arrives, so only what `SERVED_ROUTES` lists is a route there.
 * @throws MediaError `request.not_found`
 */
export function routeOf(event: Pick<HttpEvent, "routeKey" | "requestContext">): string {
  if (event.routeKey !== "$default") return event.routeKey;
  const { method, path } = event.requestContext.http;
  const key = `${method} ${path}`;
  if (keysSchema.parse(JSON.parse(process.env.SERVED_ROUTES ?? "[]")).includes(key)) return key;
  throw new MediaError("request.not_found", `${key.slice(0, 200)} is nothing that can be asked for at this address.`);
}
