import { join } from "node:path";
import { MediaError } from "../../layers/core/index.ts";
import { type ToolAccess, toolAccess } from "../../stacks/local/tool-access.ts";
import { type CommandLine, defaultDataDirectory } from "../options.ts";

/** `halfgig credentials`: what AWS CLI, rclone and their like need to talk to the service that runs here, as shell commands. */
export async function credentials(options: CommandLine): Promise<number> {
  const base = options.dataDirectory ?? defaultDataDirectory(process.env);
  const access = await toolAccess(join(base, "serve"));
  if (!access) {
    throw new MediaError(
      "host.not_running",
      `No halfgig serve runs with the data directory ${base}. Start it, or name its data directory with --data.`,
    );
  }
  process.stdout.write(options.json ? `${JSON.stringify(variablesOf(access), null, 2)}\n` : shellCommands(access));
  return 0;
}

/** For `eval "$(halfgig credentials)"`. Nothing in a value needs quoting: keys are base64, addresses are ours. */
export function shellCommands(access: ToolAccess): string {
  const lines = Object.entries(variablesOf(access)).map(([name, value]) => `export ${name}=${value}`);
  return `${lines.join("\n")}
# Then: aws s3 ls s3://halfgig-results/transcripts/ --recursive
#       aws stepfunctions list-executions --state-machine-arn ${access.stateMachineArn}
#       rclone ls halfgig:halfgig-results
# AWS CLI before 2.13 does not read the AWS_ENDPOINT_URL variables: add --endpoint-url $AWS_ENDPOINT_URL_S3 (or _SFN, _LAMBDA).
`;
}

function variablesOf({ keys, addresses, region }: ToolAccess): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ENDPOINT_URL_S3: addresses.s3,
    AWS_ENDPOINT_URL_SFN: addresses.api,
    AWS_ENDPOINT_URL_LAMBDA: addresses.api,
    RCLONE_CONFIG_HALFGIG_TYPE: "s3",
    RCLONE_CONFIG_HALFGIG_PROVIDER: "Other",
    RCLONE_CONFIG_HALFGIG_ENV_AUTH: "true",
    RCLONE_CONFIG_HALFGIG_REGION: region,
    RCLONE_CONFIG_HALFGIG_ENDPOINT: addresses.s3,
    RCLONE_CONFIG_HALFGIG_NO_CHECK_BUCKET: "true",
  };
}
