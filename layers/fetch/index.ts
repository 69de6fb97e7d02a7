export { isGlobalAddress } from "./address.ts";
export { CannotResume, Download, type DownloadOptions } from "./download.ts";
export { AddressGuard, type GuardOptions, guardOf, type Resolve } from "./guard.ts";
export { GuardingProxy, type ProxyOptions } from "./proxy.ts";
export { type GuardedInit, type GuardedResponse, guardedRequest } from "./request.ts";
export * from "./sites/index.ts";
export { type Sink, store } from "./store.ts";
