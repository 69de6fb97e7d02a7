import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { openReceiver } from "./receiver.ts";

it("answers whole requests, and takes no offence at one that is cut off", async () => {
  const bodies: string[] = [];
  await using receiver = await openReceiver(({ method, path, body }, response) => {
    bodies.push(`${method} ${path} ${body}`);
    response.end("thanks");
  });
  const leaving = connect(Number(receiver.host.split(":")[1]), "127.0.0.1");
  await once(leaving, "connect");
  await new Promise((resolve) =>
    leaving.write("POST /half HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhal", resolve),
  );
  leaving.destroy();
  const reply = await fetch(`${receiver.url}/whole`, { method: "POST", body: "whole" });
  expect(await reply.text()).toBe("thanks");
  expect(bodies).toEqual(["POST /whole whole"]);
});
