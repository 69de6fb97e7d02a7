import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { environmentValue } from "../core/index.ts";
import type { ExecutionInput, TellInput } from "./payloads.ts";

let client: SFNClient | undefined;
/** The Step Functions client of this process. */
export function sfn(): SFNClient {
  client ??= new SFNClient({});
  return client;
}

/** The ARN that an execution of the workflow has by its name. */
export const executionArnOf = (name: string): string =>
  `${environmentValue("STATE_MACHINE_ARN").replace(":stateMachine:", ":execution:")}:${name}`;

/** Starts an execution of the workflow; one that has this name already, at work or ended, is left as it is. @returns its ARN */
export async function startExecution(name: string, input: ExecutionInput | TellInput): Promise<string> {
  const stateMachineArn = environmentValue("STATE_MACHINE_ARN");
  try {
    const reply = await sfn().send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
    return reply.executionArn ?? "";
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
    return executionArnOf(name);
  }
}
