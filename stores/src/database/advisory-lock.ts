/**
 * One at a time, over all processes: an advisory lock held by a transaction that stays open while the work runs. It ends
 * with its process, whatever ends that, so none is ever left behind; right in transaction pooling too.
 */
import type { Clock } from "@thewatcher/kit/clock";
import { sql } from "kysely";
import type { Database } from "./port.ts";

/** The database ends a transaction that rests for a minute. */
const SIGN_OF_LIFE_MS = 15_000;

/**
 * Answers `{ kind: "taken" }` where somebody else holds it. `check` throws where the lock was lost under the work: asked
 * before each step that others see.
 */
export async function holdAdvisoryLock<Value>(
  { database, clock, key }: { readonly database: Database; readonly clock: Clock; readonly key: bigint },
  work: (check: () => Promise<void>) => Promise<Value>,
): Promise<{ readonly kind: "done"; readonly value: Value } | { readonly kind: "taken" }> {
  return database.transaction(async (transaction) => {
    const lock = sql<{ taken: boolean }>`SELECT pg_try_advisory_xact_lock(${String(key)}::bigint) AS taken`;
    if (!(await lock.execute(transaction)).rows[0]?.taken) return { kind: "taken" };
    const done = new AbortController();
    const check = async () => {
      await sql`SELECT 1`.execute(transaction);
    };
    const living = (async () => {
      for (;;) {
        await clock.sleep(SIGN_OF_LIFE_MS, done.signal);
        await check();
      }
    })().catch(() => undefined);
    try {
      return { kind: "done", value: await work(check) };
    } finally {
      done.abort();
      await living;
    }
  });
}
