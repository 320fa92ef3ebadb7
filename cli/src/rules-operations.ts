/** What `thewatcher rules` does to a cinema. A person at the command line stands in the audit trail by name, as `command`. */
import type { DryRunReport, RuleSetView } from "@thewatcher/contracts/api/control";
import type { Author } from "@thewatcher/control-api/audit-trail";
import { type ComposePagesCall, dryRun } from "@thewatcher/control-api/dry-run";
import {
  createDraft,
  publishDraft,
  publishedVersion,
  readRuleSet,
  rollBack,
  type WriteOutcome,
} from "@thewatcher/control-api/rule-sets";
import type { Clock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { uuid7 } from "@thewatcher/kit/uuid";
import type { Database } from "@thewatcher/stores/database/port";
import type { Report } from "./console.ts";
import { readRulesFile } from "./rules-file.ts";

interface Deps {
  readonly database: Database;
  readonly clock: Clock;
}

const authorOf = (clock: Clock, by: string): Author => {
  const at = clock.now();
  return { who: by, role: "command", at: new Date(at), requestId: uuid7(at) };
};

export async function showRules({ database }: Deps, version: number | undefined): Promise<RuleSetView> {
  const shown = version ?? (await publishedVersion(database));
  if (shown === null) throw new UserError("no rules are published; `thewatcher rules list` shows what there is");
  const ruleSet = await readRuleSet(database, shown);
  if (!ruleSet) throw new UserError(`no rule set ${shown}; \`thewatcher rules list\` shows what there is`);
  return ruleSet;
}

export async function publishRules(
  { database, clock }: Deps,
  request: { readonly file: string; readonly note: string; readonly by: string },
): Promise<RuleSetView> {
  const ruleSet = await readRulesFile(request.file);
  const author = authorOf(clock, request.by);
  const draft = requireWritten(await createDraft(database, { ruleSet, note: request.note }, author));
  const replaces = await publishedVersion(database);
  const { version, revision } = draft;
  return requireWritten(await publishDraft(database, version, { revision, replaces }, author));
}

export async function rollBackRules(
  { database, clock }: Deps,
  { version, by }: { readonly version: number; readonly by: string },
): Promise<RuleSetView> {
  const replaces = await publishedVersion(database);
  const outcome = await rollBack(database, version, { replaces }, authorOf(clock, by));
  if (outcome.kind === "missing") {
    throw new UserError(`no rule set ${version}; \`thewatcher rules list\` shows what there is`);
  }
  if (outcome.kind === "refused") throw new UserError(`rule set ${version}: ${outcome.why}`);
  return requireWritten(outcome);
}

export async function dryRunRules(
  deps: Deps & { readonly composePages: ComposePagesCall },
  request: { readonly file: string; readonly profiles: number; readonly seed: number },
  report: (report: Report) => void,
): Promise<DryRunReport> {
  const ruleSet = await readRulesFile(request.file);
  let composed = 0;
  const composePages: ComposePagesCall = async (asked) => {
    const pages = await deps.composePages(asked);
    composed += asked.profileIds.length;
    report({ stage: "composing pages", fraction: composed / request.profiles });
    return pages;
  };
  return dryRun({ ...deps, composePages }, { ruleSet, profiles: request.profiles, seed: request.seed });
}

function requireWritten(outcome: WriteOutcome): RuleSetView {
  switch (outcome.kind) {
    case "written":
      return outcome.ruleSet;
    case "refused":
      throw new UserError(outcome.why);
    default:
      throw new UserError("somebody else published meanwhile; look with `thewatcher rules list` and try again");
  }
}
