import { request } from "node:http";
import { Writable } from "node:stream";

/** Marks a handler that answers through a stream; the symbol is the one of AWS's own runtime. */
export const streaming = Symbol.for("aws.lambda.runtime.handler.streaming");

const httpIntegrationType = "application/vnd.awslambda.http-integration-response";
const errorType = "Lambda-Runtime-Function-Error-Type";
const errorDocument = "Lambda-Runtime-Function-Error-Body";

/** The trailers that tell of an error after part of the reply has gone out. */
export const readStreamError = (body) => ({
  [errorType]: body.errorType.replace(/[^\x20-\x7e]/g, "?"),
  [errorDocument]: Buffer.from(JSON.stringify(body)).toString("base64"),
});

/** A reply that is sent while it is written: one chunked POST to the Runtime API, begun by the first byte. */
export class ResponseStream extends Writable {
  #options;
  #contentType = "application/octet-stream";
  #post;
  #prelude;
  #answered = Promise.withResolvers();

  constructor(options) {
    super({ highWaterMark: 64 * 1024 });
    this.#options = options;
    this.on("error", () => this.#end());
  }

  /** Whether anything has been sent. */
  begun = false;

  setContentType(contentType) {
    if (this.begun) throw new Error("The content type must be set before the first write.");
    this.#contentType = contentType;
  }

  /** Text that precedes the body; sent with its first byte, or at the end of an empty one. */
  setPrelude(text) {
    this.#prelude = text;
  }

  /** Ends the reply with an error in its trailers. */
  fail(trailers) {
    this.#begin().addTrailers(trailers);
    this.destroy();
    this.#end();
  }

  /** Resolves when the host has taken the reply in full. Ending the stream is the handler's part, as on AWS. */
  finished() {
    return this.#answered.promise;
  }

  _write(chunk, _encoding, callback) {
    if (this.#begin().write(chunk)) callback();
    else this.#post.once("drain", callback);
  }

  _final(callback) {
    this.#begin();
    this.#end();
    callback();
  }

  #begin() {
    if (this.#post) return this.#post;
    this.begun = true;
    const headers = {
      "Content-Type": this.#contentType,
      "Lambda-Runtime-Function-Response-Mode": "streaming",
      "Transfer-Encoding": "chunked",
      Trailer: `${errorType}, ${errorDocument}`,
    };
    this.#post = request({ ...this.#options, method: "POST", headers }, (response) => {
      // Whoever was to read this has left.
      if (!this.#post.writableEnded) this.destroy(new Error("The reply is not read any further."));
      response.resume().on("end", () => this.#answered.resolve());
    });
    this.#post.on("error", () => process.exit(1));
    if (this.#prelude !== undefined) {
      this.#post.write(this.#prelude);
      this.#post.write(Buffer.alloc(8));
    }
    return this.#post;
  }

  #end() {
    this.#begin().end();
  }
}

globalThis.awslambda = {
  streamifyResponse(handler) {
    handler[streaming] = "response";
    return handler;
  },
  HttpResponseStream: {
    /** Gives the reply a status, headers and cookies. */
    from(stream, prelude) {
      stream.setContentType(httpIntegrationType);
      stream.setPrelude(JSON.stringify(prelude));
      return stream;
    },
  },
};
