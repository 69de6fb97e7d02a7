import type { Answer } from "../../../stacks/local/states/testing/host.ts";

/** One example of a specification: a definition, an input, and what a Step Functions that follows it makes of them. */
export type Example = {
  /** Where it stands: a section of states-language.net/spec.html, or a page of Step Functions' developer guide. */
  source: string;
  name: string;
  definition: object;
  input?: unknown;
  functions?: Record<string, Answer>;
  /** Objects that are there before, by `bucket/key`. */
  objects?: Record<string, string>;
  output?: unknown;
  error?: string;
  /** When each task was started, in seconds after the execution. */
  tasksAtSeconds?: readonly number[];
  endsAtSeconds?: number;
};

export const lambda = (name: string, rest: object = {}) => ({
  Type: "Task",
  Resource: `arn:aws:lambda:us-east-1:123456789012:function:${name}`,
  ...rest,
});
export const jsonata = (startAt: string, states: Record<string, object>, rest: object = {}) => ({
  QueryLanguage: "JSONata",
  StartAt: startAt,
  States: states,
  ...rest,
});
export const echo: Answer = (payload) => payload;
/** Fails with these errors in turn, and then answers. */
export function fails(...names: string[]): Answer {
  return () => {
    const name = names.shift();
    if (name) throw Object.assign(new Error(name), { errorType: name, errorMessage: name });
    return "at last";
  };
}
