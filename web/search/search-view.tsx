import { useState } from "preact/hooks";
import { ApiError, call } from "../api/client.ts";
import { clock } from "../format.ts";
import { jobLink, searchLink } from "../route.ts";
import { strings } from "../strings.ts";
import { useLoad } from "../ui/load.ts";
import { Problem } from "../ui/problem.tsx";
import { AnswerView } from "./answer-view.tsx";
import { Marked, type Snippet } from "./marked.tsx";

type Passage = { id: string; jobId: string; fileName: string; startMs: number; endMs: number; snippet: Snippet };
type Found = { passages: Passage[]; next: number | null };

/** Search in everything that was said, with a way to the second where it was. */
export function SearchView({ query, ask }: { query: string; ask: boolean }) {
  const [text, setText] = useState(query);
  return (
    <div class="search-view">
      <h1>{strings.search.title}</h1>
      {/* biome-ignore lint/a11y/useSemanticElements: not every browser knows <search> yet */}
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          const { submitter } = event as SubmitEvent;
          location.hash = searchLink(text.trim(), submitter?.id === "ask");
        }}
      >
        <label for="query">{strings.search.label}</label>
        <div class="row">
          <input id="query" type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
          <button type="submit" class="primary">
            {strings.search.button}
          </button>
          <button type="submit" id="ask" title={strings.search.askHint}>
            {strings.search.ask}
          </button>
        </div>
      </form>
      {query && ask && <AnswerView key={`?${query}`} question={query} />}
      {query && <Results key={query} query={query} />}
    </div>
  );
}

function Results({ query }: { query: string }) {
  const [extra, setExtra] = useState<Found>();
  const path = (offset: number) => `/v1/search?q=${encodeURIComponent(query)}&limit=10&offset=${offset}`;
  const { value, error } = useLoad((signal) => call<Found>("GET", path(0), { signal }), [query]);
  if (error) {
    const missing = error instanceof ApiError && (error.code === "http.404" || error.code === "search.unavailable");
    return missing ? <p class="empty">{strings.search.unavailable}</p> : <Problem message={error.message} />;
  }
  if (!value) return null;
  const passages = [...value.passages, ...(extra?.passages ?? [])];
  const next = extra ? extra.next : value.next;
  const more = async () => {
    const page = await call<Found>("GET", path(next ?? 0));
    setExtra({ passages: [...(extra?.passages ?? []), ...page.passages], next: page.next });
  };
  return (
    <section class="results">
      <p aria-live="polite">
        {passages.length === 0 ? strings.search.none(query) : strings.search.results(passages.length)}
      </p>
      <ol>
        {passages.map(({ id, jobId, fileName, startMs, snippet }) => (
          <li key={id}>
            <a href={jobLink(jobId, startMs)}>
              {fileName} <span class="at">{clock(startMs)}</span>
            </a>
            <p>
              <Marked snippet={snippet} />
            </p>
          </li>
        ))}
      </ol>
      {next !== null && (
        <button type="button" onClick={() => more().catch(() => undefined)}>
          {strings.search.more}
        </button>
      )}
    </section>
  );
}
