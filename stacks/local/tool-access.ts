import { toolsPrincipal } from "./access.ts";
import { type Addresses, readAddresses } from "./addresses.ts";
import { type KeyPair, loadCredentials } from "./credentials.ts";
import { region, stateMachineArn } from "./environment.ts";

/** What a tool needs to talk to a running host: keys with the grants of `toolGrants`, and addresses. */
export type ToolAccess = { keys: KeyPair; addresses: Addresses; region: string; stateMachineArn: string };

/** @returns undefined where no host runs with this data directory */
export async function toolAccess(dataDirectory: string): Promise<ToolAccess | undefined> {
  const addresses = await readAddresses(dataDirectory);
  // A host that was killed has left its addresses behind.
  const answers = addresses && (await fetch(addresses.s3, { method: "HEAD" }).catch(() => undefined));
  if (!answers) return undefined;
  const { principals } = await loadCredentials(dataDirectory, [toolsPrincipal]);
  const keys = principals.get(toolsPrincipal);
  return keys && { keys, addresses, region, stateMachineArn };
}

/** The API of a running host, and the token that may do everything there. @returns undefined where no host runs with this data directory */
export async function hostAccess(dataDirectory: string): Promise<{ url: string; token: string } | undefined> {
  const addresses = await readAddresses(dataDirectory);
  const answers = addresses && (await fetch(`${addresses.gateway}/health`).catch(() => undefined));
  if (!answers) return undefined;
  const { accessToken } = await loadCredentials(dataDirectory, []);
  return { url: addresses.gateway, token: accessToken };
}
