import type { Job } from "../api/types.ts";
import { clock } from "../format.ts";
import { strings } from "../strings.ts";
import { titleOf } from "./title.ts";

/** How far a job is, as a bar and in words. */
export function JobProgress({ job, compact = false }: { job: Job; compact?: boolean }) {
  const { done, all, text } = describe(job);
  const bar =
    all > 0 ? (
      <progress max={all} value={done} aria-label={strings.jobs.progress(titleOf(job))} />
    ) : (
      <progress aria-label={strings.jobs.progress(titleOf(job))} />
    );
  return (
    <div class="job-progress">
      {bar}
      <p aria-live={compact ? "off" : "polite"}>{text}</p>
    </div>
  );
}

function describe({ status, progress, windows }: Job): { done: number; all: number; text: string } {
  if (status === "awaiting_upload") return { done: 0, all: 0, text: strings.progress.awaiting_upload };
  if (status === "queued") return { done: 0, all: 0, text: strings.progress.queued };
  if (!progress) return { done: 0, all: 0, text: strings.progress.reading };
  if ("seekMs" in progress) {
    const { seekMs, durationMs } = progress;
    return { done: seekMs, all: durationMs, text: strings.progress.exact(clock(seekMs), clock(durationMs)) };
  }
  const { windowsDone } = progress;
  const all = windows ?? progress.windows;
  if (windowsDone >= all) return { done: all, all, text: strings.progress.joining };
  return { done: windowsDone, all, text: strings.progress.windows(windowsDone, all) };
}
