import { useState } from "preact/hooks";
import { call, messageOf } from "../api/client.ts";
import { hasEnded, type Job } from "../api/types.ts";
import { strings } from "../strings.ts";
import { titleOf } from "./title.ts";

type Props = { job: Job; onChange: () => void; onDeleted?: () => void };

/** Cancel what runs, try again what did not work, delete. Deleting is asked twice: nothing brings it back. */
export function JobActions({ job, onChange, onDeleted = onChange }: Props) {
  const [sure, setSure] = useState(false);
  const [error, setError] = useState<string>();
  const path = `/v1/jobs/${job.jobId}`;
  const act = (method: string, address: string, done: () => void) => async () => {
    setError(undefined);
    try {
      await call(method, address);
      done();
    } catch (failure) {
      setError(messageOf(failure));
    }
  };
  const canRetry = job.status === "failed" || job.status === "canceled" || job.status === "partial";
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <div class="actions" role="group" aria-label={strings.jobs.actions(titleOf(job))}>
      {!hasEnded(job) && (
        <button type="button" onClick={act("POST", `${path}/cancel`, onChange)}>
          {strings.jobs.cancel}
        </button>
      )}
      {canRetry && (
        <button type="button" onClick={act("POST", `${path}/retry`, onChange)}>
          {strings.jobs.retry}
        </button>
      )}
      {sure ? (
        <>
          <button type="button" class="danger" onClick={act("DELETE", path, onDeleted)}>
            {strings.jobs.deleteSure}
          </button>
          <button type="button" onClick={() => setSure(false)}>
            {strings.jobs.keep}
          </button>
        </>
      ) : (
        <button type="button" class="quiet" onClick={() => setSure(true)}>
          {strings.jobs.delete}
        </button>
      )}
      {error && (
        <span class="error" role="alert">
          {error}
        </span>
      )}
    </div>
  );
}
