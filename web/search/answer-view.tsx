import { call } from "../api/client.ts";
import { clock } from "../format.ts";
import { jobLink } from "../route.ts";
import { strings } from "../strings.ts";
import { useLoad } from "../ui/load.ts";
import { Problem } from "../ui/problem.tsx";

type Citation = { number: number; jobId: string; fileName?: string; startMs: number; text: string };
type Answer = { text: string; notes: readonly string[]; model: string | null; citations: readonly Citation[] };

/** An answer from the recordings, each number in it a way to where it is said. */
export function AnswerView({ question }: { question: string }) {
  const { value, error } = useLoad(
    (signal) => call<Answer>("POST", "/v1/ask", { body: { question }, signal }),
    [question],
  );
  if (error) return <Problem message={error.message} />;
  if (!value) return <progress aria-label={strings.search.answer} />;
  const { text, notes, model, citations } = value;
  return (
    <section class="answer" aria-labelledby="answer">
      <h2 id="answer">
        {strings.search.answer} {model && <span class="hint">{model}</span>}
      </h2>
      {text && (
        <p>
          {text.split(/(\[\d+\])/).map((piece) => {
            const cited = citations.find(({ number }) => piece === `[${number}]`);
            return cited ? <a href={jobLink(cited.jobId, cited.startMs)}>{piece}</a> : piece;
          })}
        </p>
      )}
      {notes.map((note) => (
        <p class="hint" key={note}>
          {note}
        </p>
      ))}
      {citations.length > 0 && (
        <>
          <h3>{strings.search.sources}</h3>
          <ol>
            {citations.map(({ number, jobId, fileName, startMs, text: said }) => (
              <li key={number}>
                [{number}]{" "}
                <a href={jobLink(jobId, startMs)}>
                  {fileName ?? jobId} <span class="at">{clock(startMs)}</span>
                </a>
                <p>{said}</p>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
