/**
 * onnxruntime-node, and nothing else: modules import this file lazily, so that a process which never opens a session never
 * loads the native library. Bundled to CommonJS it becomes a `require` at first use, which finds packages in a Lambda layer.
 */
import "./no-telemetry.ts";

export { InferenceSession, Tensor } from "onnxruntime-node";
