import validate from "asl-validator";
import { retryableCodes } from "../../../layers/core/index.ts";
import { mediaWorkflow } from "../../../stacks/app/index.ts";
import { functionArn } from "../../../stacks/local/environment.ts";
import type { Evaluation } from "./evaluate.ts";
import { account } from "./fake-engine.ts";
import { bucketNameOf, one } from "./resources.ts";

type State = {
  Type: string;
  Retry?: { ErrorEquals: string[] }[];
  Catch?: { ErrorEquals: string[]; Next: string }[];
  ItemProcessor?: { States: Record<string, State> };
};

export function definitionOf(evaluation: Evaluation): string {
  return String(one(evaluation, "aws:sfn/stateMachine:StateMachine", "Workflow").inputs.definition);
}

/** Lambda's own passing troubles. https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html */
const lambdaErrors = [
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
];

/**
 * The definition is valid; every code that is worth it is tried again by every step, and every other error ends in a state
 * that records it. The last step, which does the recording, has nobody behind it but the end of the execution.
 */
export function checkErrors(evaluation: Evaluation): string[] {
  const definition = JSON.parse(definitionOf(evaluation)) as { States: Record<string, State> };
  const { errors } = validate(definition);
  const invalid = errors.map((error) => `invalid: ${JSON.stringify(error)}`);
  return [...invalid, ...Object.entries(definition.States).flatMap(([name, state]) => uncaught(name, state))];
}

function uncaught(name: string, state: State): string[] {
  const inner = Object.entries(state.ItemProcessor?.States ?? {}).flatMap(([step, own]) => unretried(step, own));
  const caught = state.Catch?.some(({ ErrorEquals }) => ErrorEquals.includes("States.ALL"));
  const needsCatch = ["Task", "Map", "Parallel"].includes(state.Type) && name !== "Fail";
  return [
    ...inner,
    ...unretried(name, state),
    ...(needsCatch && !caught ? [`${name}: errors end without a record`] : []),
  ];
}

function unretried(name: string, state: State): string[] {
  if (state.Type !== "Task") return [];
  const retried = new Set(state.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals));
  return [...lambdaErrors, ...retryableCodes()]
    .filter((code) => !retried.has(code))
    .map((code) => `${name}: ${code} is not tried again`);
}

/** @returns the definition on AWS and the one that the embedded host runs, with the same ARNs and bucket in both */
export function definitions(evaluation: Evaluation, maxConcurrency: number): { aws: string; embedded: string } {
  const prefix = `arn:aws:lambda:eu-central-1:${account}:function:halfgig-${evaluation.app.stage}-`;
  return {
    aws: definitionOf(evaluation)
      .replaceAll(prefix, functionArn(""))
      .replaceAll(bucketNameOf(evaluation, "results"), "b"),
    embedded: JSON.stringify(mediaWorkflow({ functionArn, resultsBucket: "b", maxConcurrency })),
  };
}
