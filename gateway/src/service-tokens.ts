/** Tokens of machines: `tws_` and 256 bits of chance, shown once when made; the database keeps the SHA-256. */
import { Role } from "@thewatcher/contracts/identity";
import type { Clock } from "@thewatcher/kit/clock";
import type { Database } from "@thewatcher/stores/database/port";
import { createExpiringMap } from "./expiring-map.ts";
import { newSecret, sha256 } from "./secrets.ts";

export const SERVICE_TOKEN_PREFIX = "tws_";
const FORM = /^tws_[\w-]{43}$/;
/** A revoked token is refused this much later at the latest. */
const BELIEVED_MS = 5_000;
const BELIEVED_MAX = 1_000;

/** `viewer` is nobody's but a session's. */
export type MachineRole = Exclude<Role, "viewer">;

/** Makes a token and answers it: the only time that it is seen. `expiresAt`: milliseconds since the epoch, null for never. */
export async function createServiceToken(
  deps: { readonly database: Database; readonly clock: Clock },
  token: { readonly role: MachineRole; readonly label: string; readonly expiresAt: number | null },
): Promise<string> {
  const secret = SERVICE_TOKEN_PREFIX + newSecret();
  await deps.database.kysely
    .insertInto("service_tokens")
    .values({
      token_sha256: sha256(secret),
      role: token.role,
      label: token.label,
      created_at: new Date(deps.clock.now()),
      expires_at: token.expiresAt === null ? null : new Date(token.expiresAt),
    })
    .execute();
  return secret;
}

export interface ServiceTokens {
  /** The role of a valid token. */
  roleOf(token: string): Promise<MachineRole | undefined>;
}

export function createServiceTokens(deps: { readonly database: Database; readonly clock: Clock }): ServiceTokens {
  const { database, clock } = deps;
  // What is unknown is remembered too, so that a machine with a stale token does not keep the database busy.
  const believed = createExpiringMap<{ role: MachineRole | undefined; expiresAt: number }>(BELIEVED_MAX);
  return {
    async roleOf(token) {
      if (!FORM.test(token)) return undefined;
      const hash = sha256(token);
      const now = clock.now();
      let entry = believed.get(hash, now);
      if (!entry) {
        const row = await database.kysely
          .selectFrom("service_tokens")
          .select(["role", "expires_at"])
          .where("token_sha256", "=", hash)
          .executeTakeFirst();
        const role = Role.exclude(["viewer"]).safeParse(row?.role).data;
        entry = { role, expiresAt: row?.expires_at?.getTime() ?? Number.POSITIVE_INFINITY };
        believed.set(hash, entry, now + BELIEVED_MS);
      }
      return entry.expiresAt > now ? entry.role : undefined;
    },
  };
}
