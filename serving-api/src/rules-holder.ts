/**
 * Keeps the published business rules, read from control-api (`GET /internal/rules`). While control-api is away the last
 * ones are gone by; before anything was published, and before anything was read, there are none. Neither is a degradation:
 * rules are wishes, and a page without them is whole.
 */
import type { PublishedRules } from "@thewatcher/contracts/api/control";
import { parseRuleSet, type RuleSet } from "@thewatcher/contracts/rules";
import type { Clock } from "@thewatcher/kit/clock";
import type { Log } from "@thewatcher/kit/log";
import { createRefresher, type Refresher } from "./holder.ts";

/** A published change is on pages within 5 s. A look costs one query of a version number. */
export const RULES_POLL_MS = 2_000;
/** A control-api that hangs holds up neither the start of serving nor the next look. */
export const RULES_READ_MS_MAX = 2_000;

/** The published rules, or undefined when `heldVersion` (null: none was published) still is the version. */
export type FetchRules = (request: {
  /** undefined: nothing was read yet. */
  readonly heldVersion: number | null | undefined;
}) => Promise<PublishedRules | undefined>;

export interface HeldRules {
  readonly version: number;
  readonly ruleSet: RuleSet;
}

export interface RulesHolder extends Refresher {
  /** The same object while they are the same; undefined: there are none. */
  current(): HeldRules | undefined;
}

export function createRulesHolder(deps: {
  readonly fetchRules: FetchRules;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs?: number;
}): RulesHolder {
  const { fetchRules, clock, log, pollMs = RULES_POLL_MS } = deps;
  let held: HeldRules | undefined;
  let heldVersion: number | null | undefined;

  async function read(): Promise<void> {
    const published = await within(clock, fetchRules({ heldVersion }));
    if (!published) return;
    held = heldOf(published);
    heldVersion = published.version;
  }

  return { ...createRefresher({ what: "rules", read, pollMs, clock, log }), current: () => held };
}

/** Throws on a document that this code does not understand: one of a later version, which the last one is better than. */
function heldOf({ version, document }: PublishedRules): HeldRules | undefined {
  if (version === null || document === null) return undefined;
  const parsed = parseRuleSet(document);
  if (parsed.kind === "valid") return { version, ruleSet: parsed.ruleSet };
  const [first] = parsed.errors;
  throw new Error(`rules ${version}: ${first?.path} ${first?.what}; accepted: ${first?.accepted}`);
}

async function within<Value>(clock: Clock, reading: Promise<Value>): Promise<Value> {
  const done = new AbortController();
  const late = clock.sleep(RULES_READ_MS_MAX, done.signal).then(() => {
    throw new Error(`no answer within ${RULES_READ_MS_MAX} ms`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([reading, late]);
  } finally {
    done.abort();
  }
}
