/** Server-sent events, as far as the API uses them: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
export async function* parseEvents(
  stream: ReadableStream<string>,
): AsyncGenerator<{ id: string | undefined; name: string | undefined; data: string }> {
  const reader = stream.getReader();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const lines = text.slice(0, end).split("\n");
        text = text.slice(end + 2);
        const field = (name: string) =>
          lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
        const data = field("data");
        if (data.length > 0) yield { id: field("id")[0], name: field("event")[0], data: data.join("\n") };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
