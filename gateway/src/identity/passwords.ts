/**
 * Passwords and PINs: argon2id (RFC 9106) with the parameters of OWASP's Password Storage Cheat Sheet (19 MiB, 2 passes,
 * 1 lane), ~40 ms of one core. At most half of the cores hash at once and a bounded number waits, so that sign-ins do not
 * take the machine from who watches; more is refused.
 *
 * Flat in time: where there is no hash to compare with, one of nobody's is compared, at the same cost.
 */
import { availableParallelism } from "node:os";
import * as argon2 from "@node-rs/argon2";
import { refuse } from "../handler.ts";

const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** How a hash of today begins; one that begins otherwise is made anew when its password is known. */
const TODAY = "$argon2id$v=19$m=19456,t=2,p=1$";
/** Of 256 bits of chance that nobody kept. */
const NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$damd7kaPMTjQwt+HZ0bTUg$2UOTlwA21VqZbfYMSb9d2rpBhR+p/y9rwa/1sb2w1Vc";
/** At 40 ms each on one core the last one waits 4 s. */
const WAITING_MAX = 100;

export interface HashFunction {
  hash(secret: string, parameters: typeof PARAMETERS): Promise<string>;
  verify(hash: string, secret: string): Promise<boolean>;
}

export interface Passwords {
  hash(secret: string): Promise<string>;
  /** False where there is no hash, after as much work. */
  verify(hash: string | null | undefined, secret: string): Promise<boolean>;
  isOutdated(hash: string): boolean;
}

export function createPasswords(
  options: { readonly functions?: HashFunction; readonly atOnce?: number; readonly waitingMax?: number } = {},
): Passwords {
  const {
    functions = argon2,
    atOnce = Math.max(1, Math.floor(availableParallelism() / 2)),
    waitingMax = WAITING_MAX,
  } = options;
  let running = 0;
  const waiting: (() => void)[] = [];

  async function inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    if (running >= atOnce) {
      if (waiting.length >= waitingMax)
        throw refuse("unavailable", "Too many sign-ins at once. Try again in a moment.");
      // Its place is handed over by who ends: `running` stays.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }

  // The same letters typed on another keyboard are the same password (NIST SP 800-63B-4, 3.1.1.2).
  const normalised = (secret: string) => secret.normalize("NFC");
  return {
    hash: (secret) => inTurn(() => functions.hash(normalised(secret), PARAMETERS)),
    async verify(hash, secret) {
      const right = await inTurn(() => functions.verify(hash ?? NOBODYS, normalised(secret)));
      return right && typeof hash === "string";
    },
    isOutdated: (hash) => !hash.startsWith(TODAY),
  };
}
