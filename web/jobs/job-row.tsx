import type { Job } from "../api/types.ts";
import { clock, date, namesOfLanguages } from "../format.ts";
import { jobLink } from "../route.ts";
import { strings } from "../strings.ts";
import { JobActions } from "./job-actions.tsx";
import { JobProgress } from "./job-progress.tsx";
import { titleOf } from "./title.ts";

export function JobRow({ job, onChange }: { job: Job; onChange: () => void }) {
  const { jobId, status, createdAt, media, error } = job;
  const title = titleOf(job);
  const languages = namesOfLanguages(job);
  const facts = [
    date(createdAt),
    ...(media?.durationMs ? [clock(media.durationMs)] : []),
    ...(languages ? [languages] : []),
  ];
  return (
    <li class={`job ${status}`}>
      <div class="what">
        <a class="name" href={jobLink(jobId)}>
          {title}
        </a>
        <span class={`status ${status}`}>{strings.jobs.status[status]}</span>
      </div>
      <p class="facts">{facts.join(" · ")}</p>
      {status === "running" && <JobProgress job={job} compact />}
      {error && <p class="error">{error.message}</p>}
      <JobActions job={job} onChange={onChange} />
    </li>
  );
}
