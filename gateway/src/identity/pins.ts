/**
 * PINs: a profile's own lock. Four wrong ones in a row are free; then each makes the next wait, from half a minute to an
 * hour, so that 10,000 PINs take more than a year. Only PINs wait: the account's password enters at any time.
 *
 * An attempt is counted before the PIN is looked at, under the row's lock: guesses side by side get no more of them.
 */
import type { Clock } from "@thewatcher/kit/clock";
import type { Database } from "@thewatcher/stores/database/port";
import type { Writer } from "../accounts.ts";
import type { Passwords } from "./passwords.ts";

const FREE_FAILURES = 4;
const PAUSE_FIRST_MS = 30_000;
const PAUSE_LAST_MS = 3_600_000;

/** After this many failures in a row. */
export function pinPauseMs(failures: number): number {
  if (failures <= FREE_FAILURES) return 0;
  return Math.min(PAUSE_FIRST_MS * 2 ** Math.min(failures - FREE_FAILURES - 1, 20), PAUSE_LAST_MS);
}

export type PinAnswer =
  | { readonly kind: "right" }
  | { readonly kind: "wrong" }
  | { readonly kind: "wait"; readonly until: Date };

export async function tryPin(
  deps: { readonly database: Database; readonly passwords: Passwords; readonly clock: Clock },
  profileId: string,
  pin: string,
): Promise<PinAnswer> {
  const { database, passwords, clock } = deps;
  const attempt = await database.transaction(async (transaction) => {
    const row = await transaction
      .selectFrom("profiles")
      .select(["pin_hash", "pin_failures", "pin_retry_at"])
      .where("profile_id", "=", profileId)
      .forUpdate()
      .executeTakeFirst();
    if (!row || row.pin_hash === null) return { kind: "wrong" } as const;
    const now = clock.now();
    if (row.pin_retry_at !== null && row.pin_retry_at.getTime() > now)
      return { kind: "wait", until: row.pin_retry_at } as const;
    const failures = row.pin_failures + 1;
    await transaction
      .updateTable("profiles")
      .set({ pin_failures: failures, pin_retry_at: new Date(now + pinPauseMs(failures)) })
      .where("profile_id", "=", profileId)
      .execute();
    return { kind: "try", hash: row.pin_hash } as const;
  });
  if (attempt.kind !== "try") return attempt;
  if (!(await passwords.verify(attempt.hash, pin))) return { kind: "wrong" };
  await forgivePin(database.kysely, profileId);
  return { kind: "right" };
}

/** Who has the right PIN, or the password, was the owner all along. */
export async function forgivePin(writer: Writer, profileId: string): Promise<void> {
  await writer
    .updateTable("profiles")
    .set({ pin_failures: 0, pin_retry_at: null })
    .where("profile_id", "=", profileId)
    .execute();
}
