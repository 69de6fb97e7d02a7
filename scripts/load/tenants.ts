import { type Asked, ask } from "./sender.ts";
import type { Tally } from "./tally.ts";

export type Service = { api: string; token: string };

/** One tenant of the service under load, by a key of its own. */
export type Tenant = {
  name: string;
  /** @param path from `/v1` on, and with a query where there is one */
  ask(route: string, path: string, init?: Pick<Asked, "method" | "body">): Promise<unknown>;
  request(route: string, path: string, init?: Pick<Asked, "method" | "body">): Asked;
};

/** Makes a key for each of so many tenants, as whoever runs a host does. @throws when that is not possible */
export async function makeTenants({ api, token }: Service, count: number, tally: Tally): Promise<Tenant[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const tenant = `load-${n + 1}`;
      const body = JSON.stringify({ tenant, name: "load", scopes: ["jobs:read", "jobs:write", "search"] });
      const made = await ask(tally, { ...json("POST /v1/keys", `${api}/v1/keys`, token), method: "POST", body });
      if (!made) throw new Error(`No key could be made for ${tenant}: ${[...tally.errors.keys()].join("; ")}`);
      const { key } = JSON.parse(made.toString("utf8")) as { key: string };
      const request: Tenant["request"] = (route, path, init = {}) => ({ ...json(route, api + path, key), ...init });
      return {
        name: tenant,
        request,
        ask: async (route, path, init) => {
          const reply = await ask(tally, request(route, path, init));
          return reply && parsed(reply);
        },
      };
    }),
  );
}

const json = (route: string, url: string, token: string) => ({
  route,
  url,
  headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
});

function parsed(reply: Buffer): unknown {
  const text = reply.toString("utf8");
  return /^\s*[[{]/.test(text) ? JSON.parse(text) : text;
}
