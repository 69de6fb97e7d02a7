import type { Json, JsonObject } from "../json.ts";

/**
 * Amazon States Language with JSONata (https://states-language.net/spec.html), as far as this host runs it.
 * A `Template` is any JSON in which strings of the form `{% … %}` are JSONata expressions.
 */
export type Template = Json;
/** A number, or a JSONata expression that yields one. */
export type NumberTemplate = number | string;

export type StateMachine = {
  Comment?: string;
  QueryLanguage?: string;
  StartAt: string;
  States: Record<string, State>;
  TimeoutSeconds?: number;
};

type Transition = { Next?: string; End?: boolean };
type Common = { Comment?: string; QueryLanguage?: string; Output?: Template; Assign?: JsonObject };

export type Retrier = {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  BackoffRate?: number;
  MaxAttempts?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: "FULL" | "NONE";
};
export type Catcher = { ErrorEquals: string[]; Next: string; Output?: Template; Assign?: JsonObject };
type Guarded = { Retry?: Retrier[]; Catch?: Catcher[] };

export type TaskState = Common &
  Transition &
  Guarded & {
    Type: "Task";
    Resource: string;
    Arguments?: Template;
    TimeoutSeconds?: NumberTemplate;
    HeartbeatSeconds?: NumberTemplate;
  };
export type ParallelState = Common &
  Transition &
  Guarded & { Type: "Parallel"; Branches: StateMachine[]; Arguments?: Template };
export type PassState = Common & Transition & { Type: "Pass" };
export type WaitState = Common & Transition & { Type: "Wait"; Seconds?: NumberTemplate; Timestamp?: string };
export type SucceedState = Common & { Type: "Succeed" };
export type FailState = Common & { Type: "Fail"; Error?: string; Cause?: string };
export type ChoiceRule = { Condition: string | boolean; Next: string; Output?: Template; Assign?: JsonObject };
export type ChoiceState = Common & { Type: "Choice"; Choices: ChoiceRule[]; Default?: string };

export type ReaderConfig = {
  InputType?: "JSON" | "JSONL" | "CSV";
  MaxItems?: NumberTemplate;
  ItemsPointer?: string;
  CSVHeaderLocation?: "FIRST_ROW" | "GIVEN";
  CSVHeaders?: string[];
  CSVDelimiter?: "COMMA" | "PIPE" | "SEMICOLON" | "SPACE" | "TAB";
};
export type ItemReader = { Resource: string; ReaderConfig?: ReaderConfig; Arguments: Template };
export type ItemBatcher = {
  MaxItemsPerBatch?: NumberTemplate;
  MaxInputBytesPerBatch?: NumberTemplate;
  BatchInput?: Template;
};
export type ResultWriter = { Resource: string; Arguments: Template };
export type ItemProcessor = StateMachine & {
  ProcessorConfig?: { Mode?: "INLINE" | "DISTRIBUTED"; ExecutionType?: "STANDARD" | "EXPRESS" };
};
export type MapState = Common &
  Transition &
  Guarded & {
    Type: "Map";
    Label?: string;
    Items?: Template;
    ItemReader?: ItemReader;
    ItemSelector?: Template;
    ItemBatcher?: ItemBatcher;
    ItemProcessor: ItemProcessor;
    ResultWriter?: ResultWriter;
    MaxConcurrency?: NumberTemplate;
    ToleratedFailureCount?: NumberTemplate;
    ToleratedFailurePercentage?: NumberTemplate;
  };

export type State =
  | TaskState
  | ParallelState
  | PassState
  | WaitState
  | SucceedState
  | FailState
  | ChoiceState
  | MapState;

export function isDistributed(state: MapState): boolean {
  return state.ItemProcessor.ProcessorConfig?.Mode === "DISTRIBUTED";
}
