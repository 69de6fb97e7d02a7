import { join } from "node:path";
import { parseArgs } from "node:util";
import { MediaError } from "../../layers/core/index.ts";
import { hostAccess } from "../../stacks/local/tool-access.ts";
import { keysUsage } from "../keys-usage.ts";
import { defaultDataDirectory, UsageError } from "../options.ts";
import { table } from "../tables.ts";
import { printable } from "../terminal.ts";

type Described = {
  keyId: string;
  name: string;
  scopes: string[];
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedOn?: string | null;
  key?: string;
};

/** `halfgig keys`: makes, lists, rotates and revokes keys through the API. A secret is printed once, alone on stdout. */
export async function keys(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  const [verb, keyId, ...rest] = positionals;
  if (values.help || verb === undefined) {
    process.stdout.write(keysUsage);
    return values.help ? 0 : 2;
  }
  const { tenant } = values;
  const named = verb === "rotate" || verb === "revoke";
  if (rest.length > 0 || named !== (keyId !== undefined))
    throw new UsageError(`halfgig keys ${verb}: see keys --help.`);
  const call = await caller(values);
  const at = `/v1/keys/${encodeURIComponent(keyId ?? "")}`;
  const query = `?tenant=${encodeURIComponent(tenant)}`;
  switch (verb) {
    case "create": {
      const { name, scope } = values;
      if (name === undefined || scope === undefined)
        throw new UsageError("halfgig keys create needs --name and --scope.");
      const expiresInDays =
        values["expires-days"] === "never" ? null : numberOf("--expires-days", values["expires-days"]);
      const body = { tenant, name, scopes: scope.split(",").map((one) => one.trim()), expiresInDays };
      return show(await call<Described>("POST", "/v1/keys", body));
    }
    case "list": {
      const { keys: found } = await call<{ keys: Described[] }>("GET", `/v1/keys${query}`);
      process.stdout.write(`${table(["key", "name", "scopes", "last used", "state"], found.map(rowOf))}\n`);
      return 0;
    }
    case "rotate": {
      const overlapHours = numberOf("--overlap-hours", values["overlap-hours"]);
      return show(await call<Described>("POST", `${at}/rotate${query}`, { overlapHours }));
    }
    case "revoke": {
      await call("DELETE", at + query);
      process.stderr.write(`${keyId} is revoked. Answers that were given for it hold for a minute at most.\n`);
      return 0;
    }
  }
  throw new UsageError(`halfgig keys has no ${verb}.`);
}

const rowOf = ({ keyId, name, scopes: held, lastUsedOn, expiresAt, revokedAt }: Described) => {
  const ended = expiresAt !== null && Date.parse(expiresAt) < Date.now();
  const until = expiresAt === null ? "good" : `${ended ? "expired" : "good until"} ${expiresAt.slice(0, 10)}`;
  return [
    keyId,
    printable(name),
    held.join(","),
    lastUsedOn ?? "never",
    revokedAt ? `revoked ${revokedAt.slice(0, 10)}` : until,
  ];
};

function show({ keyId, expiresAt, key }: Described): number {
  const until = expiresAt ? `good until ${expiresAt.slice(0, 10)}` : "good until it is revoked";
  process.stderr.write(`Key ${keyId}, ${until}. This is the only time that it is shown:\n`);
  process.stdout.write(`${key}\n`);
  return 0;
}

async function caller(values: { api?: string | undefined; data?: string | undefined }) {
  const { url, token } = await serviceOf(values);
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const reply = await fetch(url.replace(/\/$/, "") + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const said = (await reply.json().catch(() => ({}))) as { detail?: string; message?: string };
    if (reply.ok) return said as T;
    const why = said.detail ?? said.message ?? `HTTP ${reply.status}`;
    throw new MediaError(reply.status === 401 ? "request.unauthorized" : "request.invalid", why);
  };
}

async function serviceOf({ api, data }: { api?: string | undefined; data?: string | undefined }) {
  if (api !== undefined) {
    const token = process.env.HALFGIG_TOKEN;
    if (!token) throw new UsageError("--api needs the service's token in the environment variable HALFGIG_TOKEN.");
    return { url: api, token };
  }
  const base = data ?? defaultDataDirectory(process.env);
  const access = await hostAccess(join(base, "serve"));
  if (access) return access;
  throw new MediaError(
    "host.not_running",
    `No halfgig serve runs with the data directory ${base}. Start it, or name its data directory with --data.`,
  );
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        tenant: { type: "string", default: "default" },
        name: { type: "string" },
        scope: { type: "string" },
        "expires-days": { type: "string", default: "365" },
        "overlap-hours": { type: "string", default: "24" },
        data: { type: "string" },
        api: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new UsageError(`${option} takes a number, not "${text}".`);
}
