import { type LookupAddress, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { URL } from "node:url";
import { MediaError, type Settings } from "../core/index.ts";
import { isGlobalAddress } from "./address.ts";

/** Every address of a name, as `dns.lookup` with `all` gives them. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

export type GuardOptions = {
  /** `host:port` of servers that may be asked although they are not on the public internet, as a URL writes them. */
  allowHosts?: readonly string[];
  resolve?: Resolve;
  /** @default 80 and 443 */
  ports?: readonly number[];
};

/** What a socket is opened with: the lookup is the check, so the address that was checked is the one that is connected to. */
export type GuardedTarget = { host: string; port: number; lookup: LookupFunction };

const systemResolve: Resolve = (hostname) =>
  new Promise((resolve, reject) => {
    lookup(hostname, { all: true, verbatim: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });

/**
 * Decides where a connection may go that a stranger asked for. Nothing is decided before the socket looks the name up: a name that
 * resolves differently a moment later is checked by what it resolved to then.
 */
export class AddressGuard {
  readonly #allowed: ReadonlySet<string>;
  readonly #resolve: Resolve;
  readonly #ports: ReadonlySet<number>;

  constructor({ allowHosts = [], resolve = systemResolve, ports = [80, 443] }: GuardOptions = {}) {
    this.#allowed = new Set(allowHosts.map((host) => host.toLowerCase()));
    this.#resolve = resolve;
    this.#ports = new Set(ports);
  }

  /**
   * Reads an address and refuses what no name resolution could make acceptable. Numbers in every notation (decimal, octal,
   * hexadecimal, mapped) are addresses to the URL parser, and are judged as such.
   * @throws MediaError `source.forbidden_url`, `source.forbidden_address`
   */
  checkUrl(address: string | URL): URL {
    const url = URL.parse(String(address));
    if (!url) throw forbiddenUrl("It is not an address. Give one that begins with https://.");
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw forbiddenUrl(
        `Addresses that begin with ${url.protocol} are not fetched. Give one that begins with https://.`,
      );
    }
    if (url.username !== "" || url.password !== "") {
      throw forbiddenUrl("It holds a user name or a password. Give an address that needs none.");
    }
    this.target(url.hostname, portOf(url));
    return url;
  }

  /** @throws MediaError `source.forbidden_url`, `source.forbidden_address` */
  target(hostname: string, port: number): GuardedTarget {
    const host = hostname.replace(/^\[|\]$/g, "");
    const allowed = this.#allowed.has(`${hostname.toLowerCase()}:${port}`);
    if (!allowed && !this.#ports.has(port)) {
      throw forbiddenUrl(`Port ${port} is not asked, only ${[...this.#ports].join(" and ")} are.`);
    }
    if (!allowed && isIP(host) !== 0 && !isGlobalAddress(host)) throw forbiddenAddress(hostname);
    return { host, port, lookup: allowed ? lookupOf(this.#resolve) : lookupOf((name) => this.#resolveGlobal(name)) };
  }

  async #resolveGlobal(hostname: string): Promise<LookupAddress[]> {
    const addresses = await this.#resolve(hostname);
    // One forbidden address among others is enough: which of them a socket tries first is chance.
    if (!addresses.every(({ address }) => isGlobalAddress(address))) throw forbiddenAddress(hostname);
    return addresses;
  }
}

/** The guard that a host's settings describe. */
export function guardOf({ FETCH_ALLOW_HOSTS }: Pick<Settings, "FETCH_ALLOW_HOSTS">): AddressGuard {
  return new AddressGuard({ allowHosts: FETCH_ALLOW_HOSTS });
}

export const portOf = (url: URL): number => Number(url.port) || (url.protocol === "https:" ? 443 : 80);

function lookupOf(resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    const wanted = options.family === 4 || options.family === 6 ? options.family : undefined;
    resolve(hostname)
      .then((all) => {
        const addresses = all.filter(({ family }) => wanted === undefined || family === wanted);
        const [first] = addresses;
        if (first) return { addresses, first };
        throw Object.assign(new Error(`no address for ${hostname}`), { code: "ENOTFOUND" });
      })
      .then(
        ({ addresses, first }) =>
          options.all ? callback(null, addresses) : callback(null, first.address, first.family),
        (error: NodeJS.ErrnoException) => callback(error, ""),
      );
  };
}

function forbiddenUrl(reason: string): MediaError {
  return new MediaError("source.forbidden_url", `The address cannot be fetched. ${reason}`);
}

/** Does not say what the name resolved to: that would map an inner network for whoever asks. */
function forbiddenAddress(hostname: string): MediaError {
  return new MediaError(
    "source.forbidden_address",
    `${hostname} is not on the public internet. Upload the file instead; for a server of your own, name it in FETCH_ALLOW_HOSTS.`,
  );
}
