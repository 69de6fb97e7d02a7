import { useEffect, useState } from "preact/hooks";
import { clock } from "../format.ts";
import { jobLink } from "../route.ts";
import { strings } from "../strings.ts";
import { Problem } from "../ui/problem.tsx";
import { type Answer, streamAnswer } from "./answer.ts";

/** An answer from the recordings as it is written, each number in it a way to where it is said. */
export function AnswerView({ question }: { question: string }) {
  const [value, setValue] = useState<Answer>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    const over = new AbortController();
    streamAnswer(question, setValue, over.signal).catch((reason: Error) => over.signal.aborted || setError(reason));
    return () => over.abort();
  }, [question]);
  if (error && !value) return <Problem message={error.message} />;
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
      {error && <Problem message={error.message} />}
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
