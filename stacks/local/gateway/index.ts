export type { AuthorizerOptions } from "./authorizer.ts";
export type { CorsOptions } from "./cors.ts";
export type { HttpApiEvent } from "./event.ts";
export { createGateway, type GatewayOptions } from "./gateway.ts";
export type { GatewayRoute } from "./routes.ts";
