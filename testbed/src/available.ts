/**
 * Which real servers a test can have right now: `describe.skipIf(missing("kafka"))`. Looks at the disk alone, since vitest
 * collects tests synchronously. `npm run test:real` installs them first; on Debian 12 a suite left out is then a failure.
 */
import { SERVERS, type ServerName } from "./servers.ts";

/** Why this server can't be started here; `undefined` when it can. */
export function missing(name: ServerName): string | undefined {
  const reason = SERVERS[name].missing();
  return reason === undefined ? undefined : `${reason}; \`npm run services -- install ${name}\``;
}
