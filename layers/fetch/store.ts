import { CannotResume } from "./download.ts";

/** What bytes go to: `begin` is called anew where a download has to start over. */
export type Sink = { write(bytes: Buffer): Promise<void>; end(): Promise<void>; abort(): Promise<void> };

const startsMax = 3;

/**
 * Writes the bytes of a source to a sink. The first `headBytes` are shown to `inspect` before anything is written: it throws for what
 * should not be kept. Where the source has to begin again, so does the sink.
 * @returns how many bytes were written
 */
export async function store(options: {
  /** Called for every start; the first call's source may be open already. */
  open: () => Promise<AsyncIterable<Buffer>>;
  begin: () => Sink;
  headBytes: number;
  inspect: (head: Buffer) => void;
}): Promise<number> {
  for (let starts = 1; ; starts++) {
    try {
      return await storeOnce(await options.open(), options);
    } catch (error) {
      if (!(error instanceof CannotResume)) throw error;
      if (starts >= startsMax) throw error.failure;
    }
  }
}

async function storeOnce(
  source: AsyncIterable<Buffer>,
  { begin, headBytes, inspect }: { begin: () => Sink; headBytes: number; inspect: (head: Buffer) => void },
): Promise<number> {
  let sink: Sink | undefined;
  let head: Buffer[] | undefined = [];
  let size = 0;
  try {
    for await (const bytes of source) {
      size += bytes.length;
      if (!head) {
        await sink?.write(bytes);
        continue;
      }
      head.push(bytes);
      if (size < headBytes) continue;
      sink = await inspected(head, begin, inspect);
      head = undefined;
    }
    sink ??= await inspected(head ?? [], begin, inspect);
    await sink.end();
    return size;
  } catch (error) {
    await sink?.abort();
    throw error;
  }
}

async function inspected(head: Buffer[], begin: () => Sink, inspect: (head: Buffer) => void): Promise<Sink> {
  const bytes = Buffer.concat(head);
  inspect(bytes);
  const sink = begin();
  await sink.write(bytes);
  return sink;
}
