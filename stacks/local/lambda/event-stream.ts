import { crc32 } from "node:zlib";

/** Header value type 7 of the event stream encoding: a string of up to 64 KiB. */
const stringType = 7;

/**
 * One message of `application/vnd.amazon.eventstream`: total and header length with their CRC-32, the headers, the
 * payload, and a CRC-32 over everything before it.
 * https://smithy.io/2.0/aws/amazon-eventstream.html
 */
export function encodeEventStreamMessage(eventType: string, contentType: string, payload: Buffer): Buffer {
  const headers = Buffer.concat([
    stringHeader(":message-type", "event"),
    stringHeader(":event-type", eventType),
    stringHeader(":content-type", contentType),
  ]);
  const totalBytes = 12 + headers.length + payload.length + 4;
  const message = Buffer.alloc(totalBytes);
  message.writeUInt32BE(totalBytes, 0);
  message.writeUInt32BE(headers.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  headers.copy(message, 12);
  payload.copy(message, 12 + headers.length);
  message.writeUInt32BE(crc32(message.subarray(0, totalBytes - 4)), totalBytes - 4);
  return message;
}

function stringHeader(name: string, value: string): Buffer {
  const header = Buffer.alloc(1 + name.length + 1 + 2);
  header.writeUInt8(name.length, 0);
  header.write(name, 1, "ascii");
  header.writeUInt8(stringType, 1 + name.length);
  header.writeUInt16BE(Buffer.byteLength(value), 2 + name.length);
  return Buffer.concat([header, Buffer.from(value)]);
}
