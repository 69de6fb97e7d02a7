import { createHash } from "node:crypto";
import { childName, executionArn, mapRunArn } from "../arns.ts";
import type { MapState } from "../definition/types.ts";
import { StatesError, toStatesError } from "../errors.ts";
import { executionStarted, executionSucceeded, failure } from "../history.ts";
import type { Ended } from "../journal/record.ts";
import type { Json } from "../json.ts";
import { runMachine } from "../machine.ts";
import { payloadText } from "../payload.ts";
import { ExecutionIdentity, roleArn, Scope } from "../scope.ts";
import { scopeKey } from "../scope-key.ts";
import type { Step } from "../step.ts";
import type { MapRunProgress } from "./map-run-progress.ts";
import type { Unit } from "./units.ts";

/** The name and ARN that belong to an attempt of a distributed Map: the same ones whenever the execution is resumed. */
export function mapRunIdentity(step: Step<MapState>): { uuid: string; arn: string } {
  const { execution, host } = step.scope;
  const digest = createHash("sha256").update(`${execution.rootArn}\n${step.attempt}`).digest();
  // The bits that say "version 8, RFC 9562 variant": a UUID of one's own making.
  digest[6] = (digest[6]! & 0x0f) | 0x80;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const hex = digest.toString("hex");
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
  return { uuid, arn: mapRunArn(host.partition, rootMachine(step), labelOf(step), uuid) };
}

export type ChildIdentity = { arn: string; name: string; machine: string };

export function childIdentity(step: Step<MapState>, run: { uuid: string }, index: number): ChildIdentity {
  const machine = `${rootMachine(step)}/${labelOf(step)}`;
  const name = childName(run.uuid, index);
  return { arn: executionArn(step.scope.host.partition, machine, name), name, machine };
}

function rootMachine(step: Step): string {
  return step.scope.execution.machine.split("/")[0]!;
}

/** The Map's Label, or its name without what an ARN cannot carry. */
function labelOf(step: Step<MapState>): string {
  return step.state.Label ?? step.name.replace(/[^\w.-]/g, "-").slice(0, 40);
}

/** Runs one child execution to its end and settles it in the run's progress. Rejects only when it was interrupted. */
export async function runChild(
  step: Step<MapState>,
  run: MapRunProgress,
  unit: Unit,
  signal: AbortSignal,
): Promise<void> {
  const { scope } = step;
  const key = scopeKey(step.attempt, "c", unit.index);
  const snapshot = scope.snapshot?.children.get(key.split("/").at(-1)!);
  const isNew = !snapshot || snapshot.lastEventId === 0;
  const input = isNew ? await unit.input() : (JSON.parse(snapshot.executionInput) as Json);
  const inputText = payloadText(input, `The input of a child of the Map '${step.name}'`);
  const startDate = isNew ? new Date(scope.host.clock.now()).toISOString() : snapshot.startedAt;
  const { machine, name } = childIdentity(step, run, unit.index);
  const execution = new ExecutionIdentity(scope.host, {
    machine,
    name,
    rootArn: scope.execution.rootArn,
    input,
    startedAt: startDate,
    eventCount: snapshot?.eventCount ?? 0,
  });
  const child = new Scope(execution, { key, snapshot, ...(isNew ? { startsAt: startDate } : {}) });
  const facts = { input: inputText, startDate, itemCount: unit.itemCount };
  try {
    const output = await runMachine(child, step.state.ItemProcessor, input, signal, {
      opening: [executionStarted(inputText, roleArn(scope.host))],
      closing: (text) => [executionSucceeded(text)],
      ended: { child: facts },
    });
    run.settle(unit.index, { status: "SUCCEEDED", child: facts }, JSON.stringify(output));
  } catch (thrown) {
    const ended = endOf(thrown, step.signal, signal);
    const details = failure(ended.error, ended.cause);
    child.commit(
      { ended: { ...ended, child: facts } },
      ended.status === "ABORTED"
        ? { type: "ExecutionAborted", executionAbortedEventDetails: details }
        : { type: "ExecutionFailed", executionFailedEventDetails: details },
    );
    run.settle(unit.index, { ...ended, child: facts }, undefined);
  }
}

/** A child that is interrupted with its whole execution has not ended; one that its map run gave up has. */
function endOf(thrown: unknown, outer: AbortSignal, own: AbortSignal): Ended {
  if (outer.aborted) throw outer.reason;
  if (own.aborted) return { status: "ABORTED", cause: "The Map Run failed." };
  const { error, causeText } = thrown instanceof StatesError ? thrown : toStatesError(thrown);
  return { status: "FAILED", error, cause: causeText };
}
