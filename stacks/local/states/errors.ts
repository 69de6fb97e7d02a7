/** A failure as the States Language knows it: an error name that Retry and Catch match on, and a cause for people. */
export class StatesError extends Error {
  readonly error: string | undefined;
  readonly causeText: string | undefined;

  constructor(error: string | undefined, causeText: string | undefined, options?: ErrorOptions) {
    super(`${error ?? "no error name"}: ${causeText ?? "no cause"}`, options);
    this.name = "StatesError";
    this.error = error;
    this.causeText = causeText;
  }
}

/** Why a run was interrupted from outside. States never catch these. */
export type InterruptionKind = "suspended" | "stopped" | "timed_out" | "sibling_failed";

/** The reason of an aborted signal inside an execution. */
export class Interruption extends Error {
  readonly kind: InterruptionKind;
  readonly error: string | undefined;
  readonly causeText: string | undefined;

  constructor(kind: InterruptionKind, error?: string, causeText?: string) {
    super(`the execution was interrupted: ${kind}`);
    this.name = "Interruption";
    this.kind = kind;
    this.error = error;
    this.causeText = causeText;
  }
}

/** The exceptions of the Step Functions API that this host answers with. */
export type ServiceErrorName =
  | "AccessDeniedException"
  | "ExecutionAlreadyExists"
  | "ExecutionDoesNotExist"
  | "InvalidArn"
  | "InvalidExecutionInput"
  | "InvalidName"
  | "InvalidToken"
  | "ResourceNotFound"
  | "StateMachineDoesNotExist"
  | "UnknownOperationException"
  | "ValidationException";

/** A request the service refuses. `name` is the AWS exception, as the SDK's errors have it. */
export class StatesServiceError extends Error {
  override readonly name: ServiceErrorName;

  constructor(name: ServiceErrorName, message: string) {
    super(message);
    this.name = name;
  }
}

/** Everything that a state throws, as a States Language failure. A bug of ours becomes `States.Runtime`, which nothing catches. */
export function toStatesError(thrown: unknown): StatesError {
  if (thrown instanceof StatesError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new StatesError("States.Runtime", message, { cause: thrown });
}
