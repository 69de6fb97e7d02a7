import type { Job, Transcript } from "../api/types.ts";
import { clock, languageName, percent } from "../format.ts";
import { strings } from "../strings.ts";

/** Several languages with their shares of the time; one alone with its probability. */
function spokenIn({ languages = [] }: Job, { code, probability }: { code: string; probability: number }) {
  return languages.length > 1 ? languages : [{ code, share: probability }];
}

export function JobFacts({ job, transcript }: { job: Job; transcript: Transcript }) {
  const { language, model, source, warnings } = transcript;
  return (
    <section class="facts-panel">
      <dl>
        <div>
          <dt>{strings.job.duration}</dt>
          <dd>{clock(source.durationMs, true)}</dd>
        </div>
        {language && (
          <div>
            <dt>{strings.job.language}</dt>
            <dd>
              {spokenIn(job, language).map(({ code, share }) => (
                <div key={code}>
                  {languageName(code)} <span>{percent(share)}</span>
                </div>
              ))}
            </dd>
          </div>
        )}
        {job.media && (
          <div>
            <dt>{strings.job.container}</dt>
            <dd>
              {[job.media.container, job.media.audioCodec, job.media.video].filter((text) => text !== null).join(", ")}
            </dd>
          </div>
        )}
        {model && (
          <div>
            <dt>{strings.job.model}</dt>
            <dd>
              {model.id} {model.precision} {model.demo && <span class="tag">{strings.job.demo}</span>}
            </dd>
          </div>
        )}
      </dl>
      {warnings.length > 0 && (
        <details>
          <summary>{strings.job.warnings}</summary>
          <ul>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
