/**
 * "It has come": asks the catalogue which wishes came, queues one mail for each account that has a verified address, and
 * says that they are told. The claim's id stands on the mail, once: who dies between the two finds the mail queued when the
 * claim comes again, and queues no other. An account without an address is told by its list alone.
 */
import { ArrivalClaims } from "@thewatcher/contracts/api/arrivals";
import type { Locale } from "@thewatcher/contracts/locales";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import type { Database } from "@thewatcher/stores/database/port";
import { queueMail } from "./post-office.ts";

/** As often as a mail of them is a welcome one. */
const POLL_MS = 600_000;
const FAILED_PAUSE_MS = 60_000;
/** Where the account does not say: as its region's host. */
const REGION_LANGUAGES = { ru: "ru", by: "be", us: "en" } as const satisfies Record<string, Locale>;

/** The catalogue, asked as one of our own services. */
export type AskCatalogue = (path: string, init: { method: string; body: string }) => Promise<Response>;

interface Deps {
  readonly database: Database;
  readonly catalogue: AskCatalogue;
  readonly postOffice: { kick(): void; requireRoom(): void };
  readonly clock: Clock;
}

async function ask(catalogue: AskCatalogue, path: string, body: object): Promise<Response> {
  const response = await catalogue(path, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${(await response.text()).slice(0, 500)}`);
  return response;
}

/** One batch; answers how many accounts it was about. */
export async function tellArrivals({ database, catalogue, postOffice, clock }: Deps): Promise<number> {
  postOffice.requireRoom();
  const { claims } = ArrivalClaims.parse(await (await ask(catalogue, "/internal/arrivals/claim", {})).json());
  if (claims.length === 0) return 0;
  const accounts = await database.kysely
    .selectFrom("accounts")
    .select(["account_id", "email", "language", "home_region"])
    .where(
      "account_id",
      "in",
      claims.map((claim) => claim.accountId),
    )
    .where("verified_at", "is not", null)
    .execute();
  for (const { claimId, accountId, titles } of claims) {
    const account = accounts.find((row) => row.account_id === accountId);
    if (account === undefined || account.email === null) continue;
    const language = account.language ?? REGION_LANGUAGES[account.home_region];
    const names = titles.map((title) => title.names[language]);
    const letter = { kind: "arrivals", recipient: account.email, language, accountId, titles: names, claimId } as const;
    await queueMail(database.kysely, letter, clock.now());
  }
  postOffice.kick();
  await ask(catalogue, "/internal/arrivals/told", { claimIds: claims.map((claim) => claim.claimId) });
  return claims.length;
}

/** Tells until it is told to end. */
export function createArrivalMail(deps: Deps & { readonly log: Log }) {
  const { clock, log } = deps;
  return {
    async watch(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        let pauseMs = POLL_MS;
        try {
          if ((await tellArrivals(deps)) > 0) continue;
        } catch (err) {
          log.error({ err }, "arrivals could not be told; they wait");
          pauseMs = FAILED_PAUSE_MS;
        }
        // Woken only to end.
        await clock.sleep(pauseMs, signal).catch(() => {});
      }
    },
  };
}
