import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach } from "vitest";
import { type HistoryEvent, type ObjectStore, type StatesOptions, StatesService, type TaskContext } from "../index.ts";
import { TestClock } from "./clock.ts";

/** A function that answers tasks, as a Lambda function would. */
// biome-ignore lint/suspicious/noExplicitAny: tests know what they pass.
export type Answer = (payload: any, context: TaskContext) => unknown;

export class MemoryObjects implements ObjectStore {
  readonly contents = new Map<string, string>();

  async get(bucket: string, key: string): Promise<Readable> {
    const body = this.contents.get(`${bucket}/${key}`);
    if (body === undefined) throw new Error("The specified key does not exist.");
    return Readable.from([Buffer.from(body)]);
  }

  async put(bucket: string, key: string, body: string): Promise<void> {
    this.contents.set(`${bucket}/${key}`, body);
  }

  async *list(bucket: string, prefix: string) {
    for (const [path, body] of this.contents) {
      const Key = path.slice(bucket.length + 1);
      if (path.startsWith(`${bucket}/${prefix}`)) {
        yield { Key, Size: body.length, ETag: '"e"', LastModified: "2026-01-01T00:00:00.000Z" };
      }
    }
  }

  json(bucket: string, key: string) {
    return JSON.parse(this.contents.get(`${bucket}/${key}`) ?? "null");
  }
}

const directories: string[] = [];
const services: StatesService[] = [];

afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

/** A directory that is gone after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-states-"));
  directories.push(directory);
  return directory;
}

export type TestHost = {
  service: StatesService;
  objects: MemoryObjects;
  clock: TestClock;
  directory: string;
  resumed: string[];
};

export type TestHostOptions = Partial<StatesOptions> & { functions?: Record<string, Answer>; abandoned?: boolean };

/** An opened service whose functions are given by name and whose time does not pass by itself. */
export async function testHost(definition: unknown, options: TestHostOptions = {}): Promise<TestHost> {
  const { functions = {}, abandoned = false, ...rest } = options;
  const objects = (rest.objects as MemoryObjects | undefined) ?? new MemoryObjects();
  const clock = (rest.clock as TestClock | undefined) ?? new TestClock();
  const directory = rest.directory ?? (await temporaryDirectory());
  const service = new StatesService({
    machines: [{ name: "machine", definition }],
    invoke: async (name, payload, context) => {
      const answer = functions[name.split(":").at(-1)!];
      if (!answer) throw new Error(`no function ${name}`);
      return await answer(payload, context);
    },
    ...rest,
    objects,
    clock,
    directory,
  });
  if (!abandoned) services.push(service);
  const { resumed } = await service.open();
  return { service, objects, clock, directory, resumed };
}

export type Outcome = {
  status: string;
  output?: unknown;
  error?: string;
  cause?: string;
  events: HistoryEvent[];
  arn: string;
};

/** Runs one execution to its end. */
export async function runToEnd({ service }: TestHost, input: unknown = {}, name?: string): Promise<Outcome> {
  const { executionArn } = await service.startExecution({ machine: "machine", input, ...(name ? { name } : {}) });
  return await outcomeOf(service, executionArn);
}

export async function outcomeOf(service: StatesService, arn: string): Promise<Outcome> {
  const { status, output, error, cause } = await service.wait(arn);
  const { events } = await service.getExecutionHistory(arn, { maxResults: 100_000 });
  return {
    arn,
    status,
    ...(output === undefined ? {} : { output: JSON.parse(output) }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
    events,
  };
}

export const functionArn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** A machine in JSONata of the given states; the first one starts. */
export function machineOf(states: Record<string, object>, rest: object = {}) {
  return { QueryLanguage: "JSONata", StartAt: Object.keys(states)[0], States: states, ...rest };
}

/** A machine of one state that ends it. */
export const only = (state: object, rest: object = {}) => machineOf({ A: { End: true, ...state } }, rest);

export const task = (name: string, rest: object = {}) => ({ Type: "Task", Resource: functionArn(name), ...rest });

/** A distributed Map of one task. */
export function distributed(rest: object, item: object = task("f", { End: true })) {
  const processor = {
    ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
    StartAt: "I",
    States: { I: item },
  };
  return { Type: "Map", ItemProcessor: processor, ...rest };
}

/** Never answers; rejects when it is told to stop. */
export const endless: Answer = (_payload, { signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

export function failing(name: string, message = "boom"): Error {
  return Object.assign(new Error(message), { errorType: name, errorMessage: message });
}
