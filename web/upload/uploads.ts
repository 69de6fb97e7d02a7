import { ApiError, call, messageOf } from "../api/client.ts";
import { Store } from "../store.ts";
import { part } from "../ui/part.ts";
import type { Sending } from "./send.ts";
import { forget } from "./unfinished.ts";

/** One file on its way. */
export type Upload = {
  id: number;
  file: File;
  options: Record<string, unknown>;
  state: "waiting" | "sending" | "paused" | "done" | "failed";
  sentBytes: number;
  resumed: boolean;
  jobId?: string;
  error?: string;
  sending?: Sending;
};

/** Every upload of this tab, whichever part of the page is shown. */
export const uploads = new Store<readonly Upload[]>([]);

let lastId = 0;
/** Files wait for each other: a line that several share makes none of them faster. */
let queue: Promise<unknown> = Promise.resolve();

export function addUploads(files: readonly File[], options: Record<string, unknown>): void {
  for (const file of files) {
    const upload: Upload = { id: ++lastId, file, options, state: "waiting", sentBytes: 0, resumed: false };
    uploads.set([...uploads.value, upload]);
    enqueue(upload.id);
  }
}

export function retryUpload(id: number): void {
  change(id, { state: "waiting", error: undefined });
  enqueue(id);
}

export function pauseUpload({ id, sending }: Upload): void {
  sending?.pause();
  change(id, { state: "paused" });
}

export function resumeUpload({ id, sending }: Upload): void {
  sending?.resume();
  change(id, { state: "sending" });
}

export function cancelUpload(upload: Upload): void {
  upload.sending?.cancel();
  dismissUpload(upload.id);
}

export function dismissUpload(id: number): void {
  uploads.set(uploads.value.filter((upload) => upload.id !== id));
}

/** Gives up what an earlier visit left. */
export async function abandon(jobId: string): Promise<void> {
  forget(jobId);
  // What is over already is what was wanted.
  await call("DELETE", `/v1/uploads/${jobId}`).catch((error) => {
    if (!(error instanceof ApiError) || error.status >= 500) throw error;
  });
}

function enqueue(id: number): void {
  queue = queue.then(() => run(id)).catch(() => undefined);
}

async function run(id: number): Promise<void> {
  const upload = uploads.value.find((each) => each.id === id);
  if (!upload) return;
  change(id, { state: "sending" });
  try {
    // Uppy is not needed to see the page.
    const { send } = await part(import("./send.ts"));
    const sending = await send(upload.file, upload.options, (sentBytes) => change(id, { sentBytes }));
    change(id, { jobId: sending.jobId });
    if ("done" in sending) {
      change(id, { sending, resumed: sending.resumed });
      if (!(await sending.done)) return dismissUpload(id);
    }
    change(id, { state: "done", sentBytes: upload.file.size });
  } catch (error) {
    change(id, { state: "failed", error: messageOf(error) });
  }
}

function change(id: number, changes: Partial<Upload> | { error: undefined }): void {
  uploads.set(uploads.value.map((upload) => (upload.id === id ? ({ ...upload, ...changes } as Upload) : upload)));
}

/** Whether leaving the page now would interrupt something. */
export const isSending = () => uploads.value.some(({ state }) => state === "sending" || state === "waiting");
