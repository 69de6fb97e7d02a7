/**
 * From 1.29 on onnxruntime reports sessions and machines to its maker over HTTPS, and keeps a device's identity and a queue of
 * reports in the temporary folder. What people give us to hear is nobody else's concern: this has to be said before the library is
 * loaded, and holds for the life of the process. https://github.com/microsoft/onnxruntime/pull/27379
 */
process.env.ORT_DISABLE_TELEMETRY = "1";
