import { describeSettings } from "../../layers/core/index.ts";
import { leaveSystemLimit } from "../../stacks/local/system/index.ts";
import { openHost } from "../open-host.ts";
import type { CommandLine } from "../options.ts";
import { beginUnderLimit } from "../system-limit.ts";

/** `halfgig serve`: the whole service on this machine, until SIGINT or SIGTERM. */
export async function serve(options: CommandLine): Promise<number> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const limit = options.memoryMB === undefined ? undefined : beginUnderLimit(options.memoryMB);
  if (limit) say(`the whole service in ${limit.limitMB} MB: ${limit.reason}`);
  const stopped = new Promise<string>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  const opened = await openHost({
    ...options,
    memoryMB: undefined,
    systemLimit: limit,
    kind: "serve",
    ports: { gateway: options.port, s3: options.s3Port },
    onNotice: say,
  });
  const { host, settings, model } = opened;
  for (const row of describeSettings(settings)) say(`  ${row.name}=${row.value}`);
  say(
    model
      ? `model ${model.manifest.id} ${model.manifest.precision}${model.manifest.demo ? " (DEMO: it knows 392 words)" : ""}`
      : `no speech model here; ASR_PROVIDER=${settings.ASR_PROVIDER}`,
  );
  if (host.resumed.length > 0)
    say(`resuming ${host.resumed.length} execution(s) that were running when the host ended`);
  say(`page          ${(settings.HALFGIG_PUBLIC_URL ?? host.url).replace(/\/$/, "")}/#token=${host.accessToken}`);
  say(`API           ${host.url}`);
  say(`S3            ${host.s3Url}`);
  say(`access token  ${host.accessToken}`);
  say('AWS tools     eval "$(halfgig credentials)"; they may read and write objects, watch jobs, call functions');
  say("ready; Ctrl-C stops");
  const signal = await stopped;
  say(`${signal}: stopping; running jobs go on at the next start`);
  await opened.close();
  if (limit) leaveSystemLimit(limit);
  return 0;
}
