import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type InvocationReport, type LambdaFunction, LambdaHost, type LambdaHostOptions } from "./index.ts";

/** For tests: a folder that is removed again, with function bundles and a host in it. */
export class Workshop implements AsyncDisposable {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), "halfgig-lambda-")));
  readonly reports: InvocationReport[] = [];
  readonly #hosts: LambdaHost[] = [];

  /** Writes a bundle whose module has the given source. */
  fn(name: string, source: string, settings: Partial<LambdaFunction> = {}): LambdaFunction {
    const taskRoot = join(this.directory, "bundles", name);
    mkdirSync(taskRoot, { recursive: true });
    writeFileSync(join(taskRoot, "index.mjs"), source);
    return {
      name,
      taskRoot,
      handler: "index.handler",
      memoryMB: 256,
      timeoutSeconds: 10,
      tmpMB: 64,
      environment: {},
      ...settings,
    };
  }

  /** An open host; closed with the workshop. */
  async host(functions: LambdaFunction[], options: Partial<LambdaHostOptions> = {}): Promise<LambdaHost> {
    const host = new LambdaHost({
      directory: join(this.directory, "host"),
      functions,
      onReport: (report) => this.reports.push(report),
      ...options,
    });
    this.#hosts.push(host);
    await host.open();
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts) await host.close({ graceMs: 200 });
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Repeats a question until the answer is yes. @throws after ten seconds */
export async function until(question: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 10_000;
  while (!question()) {
    if (Date.now() > deadlineMs) throw new Error("what was waited for did not happen");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
