import { ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { environmentValue } from "../core/index.ts";

let client: SFNClient | undefined;

/** How many executions run now; a thousand, the size of one page, stands for that many or more. */
export async function runningExecutions(): Promise<number> {
  client ??= new SFNClient({});
  const { executions } = await client.send(
    new ListExecutionsCommand({
      stateMachineArn: environmentValue("STATE_MACHINE_ARN"),
      statusFilter: "RUNNING",
      maxResults: 1000,
    }),
  );
  return executions?.length ?? 0;
}
