import { scopeMeanings, scopes } from "../layers/access/scopes.ts";

const scopeLines = scopes.map((scope) => `  ${scope.padEnd(12)}${scopeMeanings[scope]}`);

/** The help of `halfgig keys`. */
export const keysUsage = `halfgig keys: who may use the service that runs here

  halfgig keys create --name ci --scope jobs:read,jobs:write     prints the key, once
  halfgig keys list                                              with the day of each one's last use
  halfgig keys rotate <key id>                                   a new secret; the old one ends
  halfgig keys revoke <key id>                                   opens nothing any more

      --tenant <id>         whose keys                                   (default: default)
      --expires-days <n>    or never                                     (default: 365)
      --overlap-hours <n>   how long the old secret stays good           (default: 24)
      --data <dir>          data directory of the service   (default: ~/.local/share/halfgig)
      --api <url>           a service elsewhere; its token is read from HALFGIG_TOKEN
Scopes, several with commas:
${scopeLines.join("\n")}
`;
