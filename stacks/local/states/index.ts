/** Step Functions on this machine: Amazon States Language with JSONata, journaled, with the AWS API over HTTP. */
export { createStatesApi, type StatesApiOptions } from "./api.ts";
export { executionArn, localPartition, type Partition, stateMachineArn } from "./arns.ts";
export { type Clock, systemClock } from "./clock.ts";
export { parseDefinition } from "./definition/check.ts";
export { type ServiceErrorName, StatesServiceError } from "./errors.ts";
export type { EventBody, EventDetails, HistoryEvent } from "./history.ts";
export type { Invoke, ObjectStore, StoredObject, TaskContext } from "./host.ts";
export type { AppendFile, OpenAppendFile } from "./journal/journal.ts";
export type { EndStatus, ExecutionStatus } from "./journal/record.ts";
export type {
  ExecutionDescription,
  ExecutionListItem,
  ExecutionPage,
  HistoryOptions,
  HistoryPage,
  ListOptions,
} from "./queries.ts";
export {
  type ExecutionEnd,
  type MachineDescription,
  type StartReply,
  type StartRequest,
  type StatesOptions,
  StatesService,
} from "./service.ts";
