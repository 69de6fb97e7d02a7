import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiError, call } from "../api/client.ts";
import { hasEnded, hasTranscript, type Job, type Transcript } from "../api/types.ts";
import { watchJob } from "../api/watch.ts";
import { JobActions } from "../jobs/job-actions.tsx";
import { JobProgress } from "../jobs/job-progress.tsx";
import { titleOf } from "../jobs/title.ts";
import { filesLink, jobLink } from "../route.ts";
import { strings } from "../strings.ts";
import { useLoad } from "../ui/load.ts";
import { Problem } from "../ui/problem.tsx";
import { Coverage } from "./coverage.tsx";
import { type Edits, readEdits, writeEdits } from "./edits.ts";
import { JobFacts } from "./job-facts.tsx";
import { Playback } from "./playback.ts";
import { Player } from "./player.tsx";
import { TranscriptView } from "./transcript-view.tsx";
import { VoicePanel } from "./voice-panel.tsx";

/** One recording: followed while it is worked on, then read, heard and corrected. */
export function JobView({ jobId, atMs }: { jobId: string; atMs: number | undefined }) {
  const [job, setJob] = useState<Job>();
  const [error, setError] = useState<Error>();
  const [round, setRound] = useState(0);
  // Another round is another attempt at the job.
  useEffect(() => {
    const over = new AbortController();
    watchJob(jobId, setJob, over.signal).catch(setError);
    return () => over.abort();
  }, [jobId, round]);
  if (error) {
    const gone = error instanceof ApiError && error.status === 404;
    return (
      <>
        <BackLink />
        <Problem message={gone ? strings.job.gone : error.message} />
      </>
    );
  }
  if (!job) return <BackLink />;
  return (
    <article class="job-view">
      <BackLink />
      <div class="head">
        <h1>{titleOf(job)}</h1>
        <span class={`status ${job.status}`}>{strings.jobs.status[job.status]}</span>
        <JobActions
          job={job}
          onChange={() => setRound((n) => n + 1)}
          onDeleted={() => {
            location.hash = filesLink;
          }}
        />
      </div>
      {!hasEnded(job) && (
        <section class="live" aria-label={strings.progress.title}>
          <JobProgress job={job} />
          <p class="hint">{strings.progress.live}</p>
        </section>
      )}
      {job.error && (
        <Problem title={strings.errors.jobTitle} message={job.error.message}>
          <p>{job.error.advice}</p>
          <p class="hint">
            {strings.errors.step(job.error.step)} <code>{job.error.code}</code>
          </p>
        </Problem>
      )}
      {job.entries ? (
        <Entries ids={job.entries} />
      ) : (
        hasTranscript(job) && <Result key={`${job.attempt}${job.updatedAt}`} job={job} atMs={atMs} />
      )}
    </article>
  );
}

const BackLink = () => (
  <a class="back" href={filesLink}>
    ← {strings.job.back}
  </a>
);

function Entries({ ids }: { ids: readonly string[] }) {
  return (
    <section>
      <p>{strings.job.entries}</p>
      <ul>
        {ids.map((id) => (
          <li key={id}>
            <a href={jobLink(id)}>{id}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Result({ job, atMs }: { job: Job; atMs: number | undefined }) {
  const { jobId } = job;
  const { value: transcript, error } = useLoad(
    (signal) => call<Transcript>("GET", `/v1/jobs/${jobId}/transcript.json`, { signal }),
    [jobId],
  );
  const playback = useMemo(() => new Playback(), []);
  const [keepDoubtful, setKeepDoubtful] = useState(job.options.keepDoubtful ?? false);
  const [edits, setEdits] = useState<Edits>(() => readEdits(jobId));
  const edit = (next: Edits) => {
    writeEdits(jobId, next);
    setEdits(next);
  };
  // A link to a second, from a search or from somebody else.
  useEffect(() => {
    if (atMs !== undefined && transcript) playback.seek(atMs);
  }, [atMs, transcript, playback]);
  useEffect(() => {
    if (atMs === undefined || !transcript) return;
    document.querySelector(".segment.now")?.scrollIntoView({ block: "center" });
  }, [atMs, transcript]);
  if (error) return <Problem message={error.message} />;
  if (!transcript) return null;
  return (
    <div class="result">
      <Player jobId={jobId} transcript={transcript} keepDoubtful={keepDoubtful} playback={playback} />
      <TranscriptView
        title={titleOf(job)}
        transcript={transcript}
        edits={edits}
        onEdits={edit}
        keepDoubtful={keepDoubtful}
        onKeepDoubtful={setKeepDoubtful}
        playback={playback}
      />
      <aside>
        <JobFacts job={job} transcript={transcript} />
        {transcript.voice && <VoicePanel voice={transcript.voice} />}
        <Coverage transcript={transcript} playback={playback} />
      </aside>
    </div>
  );
}
