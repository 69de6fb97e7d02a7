/** Where this host's resources pretend to live. */
export type Partition = { region: string; accountId: string };

export const localPartition: Partition = { region: "us-east-1", accountId: "000000000000" };

function arn({ region, accountId }: Partition, kind: string, rest: string): string {
  return `arn:aws:states:${region}:${accountId}:${kind}:${rest}`;
}

/** `machine` is a name, or `name/label` for the children of a distributed Map. */
export const stateMachineArn = (at: Partition, machine: string) => arn(at, "stateMachine", machine);
export const executionArn = (at: Partition, machine: string, name: string) =>
  arn(at, "execution", `${machine}:${name}`);
export const mapRunArn = (at: Partition, machine: string, label: string, uuid: string) =>
  arn(at, "mapRun", `${machine}/${label}:${uuid}`);

/** The last part of a state machine's ARN, or the text itself when it is a plain name. */
export function machineName(nameOrArn: string): string {
  return /^arn:aws[\w-]*:states:[^:]*:[^:]*:stateMachine:([^:]+)$/.exec(nameOrArn)?.[1] ?? nameOrArn;
}

export type ExecutionArnParts = { machine: string; label?: string; name: string };

/** `undefined` when the text is not an execution's ARN. */
export function parseExecutionArn(text: string): ExecutionArnParts | undefined {
  const match = /^arn:aws[\w-]*:states:[^:]*:[^:]*:execution:([^:/]+)(?:\/([^:]+))?:([^:]+)$/.exec(text);
  if (!match) return undefined;
  return { machine: match[1]!, ...(match[2] === undefined ? {} : { label: match[2] }), name: match[3]! };
}

/** A child execution's name says which map run it belongs to and which of its items it is. */
export const childName = (mapRunUuid: string, index: number) => `${mapRunUuid}-${index}`;

export function parseChildName(name: string): { mapRunUuid: string; index: number } | undefined {
  const match = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(\d{1,9})$/.exec(name);
  return match ? { mapRunUuid: match[1]!, index: Number(match[2]) } : undefined;
}
