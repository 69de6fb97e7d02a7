export { eventStream, serverSentEvent } from "./event-stream.ts";
export { type StreamedReply, streamingHandler } from "./streaming-handler.ts";
