import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { call, messageOf } from "../api/client.ts";
import { hasEnded, type Job, type JobPage } from "../api/types.ts";
import { useStore } from "../store.ts";
import { strings } from "../strings.ts";
import { Problem } from "../ui/problem.tsx";
import { uploads } from "../upload/uploads.ts";
import { JobRow } from "./job-row.tsx";

const busyMs = 1_500;
const quietMs = 15_000;

/** The newest jobs, kept up to date while somebody looks; older ones when asked for. */
export function JobList() {
  const [jobs, setJobs] = useState<readonly Job[]>();
  const [older, setOlder] = useState<readonly Job[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [error, setError] = useState<string>();
  const refresh = useRef<() => void>(() => undefined);
  const sent = useStore(uploads).filter(({ state }) => state === "done").length;

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const look = async () => {
      clearTimeout(timer);
      let busy = false;
      try {
        const page = await call<JobPage>("GET", "/v1/jobs?limit=25");
        // A list has no counts of windows: those that are at work are asked one by one.
        const live = await Promise.all(page.jobs.map((job) => (job.status === "running" ? withProgress(job) : job)));
        if (over) return;
        busy = live.some((job) => !hasEnded(job) && job.status !== "awaiting_upload");
        setJobs(live);
        setNext(page.next);
        setError(undefined);
      } catch (failure) {
        if (over) return;
        setError(messageOf(failure));
      }
      timer = setTimeout(() => (document.hidden ? undefined : look()), busy ? busyMs : quietMs);
    };
    const seen = () => document.hidden || void look();
    refresh.current = () => void look();
    void look();
    document.addEventListener("visibilitychange", seen);
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, []);
  // Each upload that has arrived is a new job.
  useEffect(() => refresh.current(), [sent]);

  const more = useCallback(async () => {
    const page = await call<JobPage>("GET", `/v1/jobs?limit=25&cursor=${next}`);
    setOlder((list) => [...list, ...page.jobs]);
    setNext(page.next);
  }, [next]);

  const known = new Set(jobs?.map(({ jobId }) => jobId));
  const all = [...(jobs ?? []), ...older.filter(({ jobId }) => !known.has(jobId))];
  return (
    <section class="job-list" aria-labelledby="job-list">
      <h2 id="job-list">{strings.jobs.title}</h2>
      {error && <Problem message={error} />}
      {jobs && all.length === 0 && <p class="empty">{strings.jobs.empty}</p>}
      <ul>
        {all.map((job) => (
          <JobRow key={job.jobId} job={job} onChange={() => refresh.current()} />
        ))}
      </ul>
      {next && older.length === 0 && (
        <button type="button" onClick={() => more().catch((failure) => setError(messageOf(failure)))}>
          {strings.jobs.more}
        </button>
      )}
    </section>
  );
}

const withProgress = (job: Job) => call<Job>("GET", `/v1/jobs/${job.jobId}`).catch(() => job);
