import type { ComponentChildren } from "preact";
import { strings } from "../strings.ts";

/** An error that a person has to see. It is announced when it appears. */
export function Problem({
  title,
  message,
  children,
}: {
  title?: string;
  message: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="problem" role="alert">
      <strong>{title ?? strings.errors.title}</strong>
      <p>{message}</p>
      {children}
    </div>
  );
}
