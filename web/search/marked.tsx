export type Snippet = { text: string; highlights: readonly { start: number; end: number }[] };

/** Text with what answers to the query marked. It comes as ranges and is drawn as text: nothing in it is HTML. */
export function Marked({ snippet: { text, highlights } }: { snippet: Snippet }) {
  const pieces = [];
  let at = 0;
  for (const { start, end } of highlights) {
    if (start > at) pieces.push(text.slice(at, start));
    pieces.push(<mark key={start}>{text.slice(start, end)}</mark>);
    at = end;
  }
  pieces.push(text.slice(at));
  return <>{pieces}</>;
}
