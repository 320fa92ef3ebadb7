/** `thewatcher rules list | show | check | dry-run | publish | rollback`: what the product team wants of the pages. */
import { resolve } from "node:path";
import { DRY_RUN_PROFILES_MAX, type DryRunReport, type RuleSetsPage } from "@thewatcher/contracts/api/control";
import type { Command } from "commander";
import { operate, print, printJson, wholeNumber, withSettings } from "../command.ts";
import { seconds, table, thousands } from "../console.ts";
import { checkRulesFile, readRulesFile } from "../rules-file.ts";
import { STORE_SETTINGS } from "./data.ts";

const VERSION_MAX = 2_147_483_647;
const SEED_MAX = 4_294_967_295;
const SHOWN_MAX = 15;

interface Json {
  readonly json?: true;
}

export function addRules(program: Command): void {
  const rules = program.command("rules").description("Business rules of the pages (docs/rules.md)");
  const stored = (command: Command): Command =>
    withSettings(command, STORE_SETTINGS).option("--json", "answer as JSON");

  stored(rules.command("list"))
    .description("Rule sets, the last made first, and which one is published")
    .option("--before <version>", "only versions made before this one")
    .action(async (options: Json & { before?: string }, command: Command) => {
      const answer = await operate(command, "rulesList", {
        ...(options.before === undefined ? {} : { before: versionOf(options.before, "--before") }),
      });
      if (options.json) return printJson(answer);
      print(ruleSetsText(answer));
    });

  stored(rules.command("show [version]"))
    .description("A rule set as JSON; without a version, the published one")
    .action(async (version: string | undefined, options: Json, command: Command) => {
      const answer = await operate(command, "rulesShow", {
        ...(version === undefined ? {} : { version: versionOf(version, "version") }),
      });
      // The document alone is what `publish` takes.
      printJson(options.json ? answer : answer.document);
    });

  rules
    .command("check <file>")
    .description("Whether a file is a rule set, and each mistake with what is accepted")
    .option("--json", "answer as JSON")
    .action(async (file: string, options: Json) => {
      const checked = await checkRulesFile(resolve(file));
      if (checked.kind === "invalid") process.exitCode = 1;
      if (options.json) {
        return printJson(
          checked.kind === "valid"
            ? { valid: true, rules: checked.ruleSet.rules.length, errors: [] }
            : { valid: false, errors: checked.errors },
        );
      }
      if (checked.kind === "valid") return print(`${thousands(checked.ruleSet.rules.length)} rules, no mistakes.`);
      print(
        table(
          ["where", "what", "accepted"],
          checked.errors.map(({ path, what, accepted }) => [path === "" ? "(document)" : path, what, accepted]),
        ),
      );
    });

  stored(rules.command("dry-run <file>"))
    .description("What a file would change on the pages of sampled profiles; nothing is published")
    .option("--profiles <n>", "how many", String(DRY_RUN_PROFILES_MAX))
    .option("--seed <n>", "the same seed takes the same profiles", "1")
    .action(async (file: string, options: Json & { profiles: string; seed: string }, command: Command) => {
      const profiles = wholeNumber(options.profiles, "--profiles", 1, DRY_RUN_PROFILES_MAX);
      const seed = wholeNumber(options.seed, "--seed", 0, SEED_MAX);
      await readRulesFile(resolve(file));
      const answer = await operate(command, "rulesDryRun", { file: resolve(file), profiles, seed });
      if (options.json) return printJson(answer);
      print(dryRunText(answer));
    });

  stored(rules.command("publish <file>"))
    .description("Make a file what pages go by")
    .option("--note <text>", "why, for people", "")
    .option("--by <name>", "who, in the audit trail", "command line")
    .action(async (file: string, options: Json & { note: string; by: string }, command: Command) => {
      await readRulesFile(resolve(file));
      const { note, by } = options;
      const answer = await operate(command, "rulesPublish", { file: resolve(file), note, by });
      if (options.json) return printJson(answer);
      print(
        `Rule set ${answer.version} is published: ${thousands(answer.ruleCount)} rules, on pages within 5 s. \`thewatcher rules rollback <version>\` goes back.`,
      );
    });

  stored(rules.command("rollback <version>"))
    .description("Make one that was published before what pages go by again")
    .option("--by <name>", "who, in the audit trail", "command line")
    .action(async (version: string, options: Json & { by: string }, command: Command) => {
      const answer = await operate(command, "rulesRollback", {
        version: versionOf(version, "version"),
        by: options.by,
      });
      if (options.json) return printJson(answer);
      print(
        `Rule set ${answer.version} is published again: ${thousands(answer.ruleCount)} rules, on pages within 5 s.`,
      );
    });
}

const versionOf = (given: string, name: string): number => wholeNumber(given, name, 1, VERSION_MAX);

export function ruleSetsText({ versions, published, next }: RuleSetsPage): string {
  if (versions.length === 0) return "No rule sets yet; `thewatcher rules publish <file>` makes one.";
  const text = table(
    ["version", "status", "rules", "made", "by", "published", "by", "note"],
    versions.map((one) => [
      one.version,
      one.status,
      one.ruleCount,
      one.createdAt,
      one.createdBy,
      one.publishedAt ?? "–",
      one.publishedBy ?? "–",
      one.note,
    ]),
  );
  const last = published === null ? "\n\nNothing is published: pages go by no rules." : "";
  return `${text}${last}${next === null ? "" : `\n\nOlder ones: --before ${next}`}`;
}

export function dryRunText(report: DryRunReport): string {
  const against = report.published === null ? "no rules" : `rule set ${report.published}, which is published`;
  const parts = [
    `${thousands(report.profiles)} of ${thousands(report.profilesAsked)} profiles asked for, against ${against}; ${seconds(report.durationMs)}.${report.cutShort ? " Cut short by its time limit." : ""}`,
    `Pages changed: ${percent(report.changedShare)}. Titles whose exposure changed: ${thousands(report.titlesChanged)}. Expected looks in all: ${figure(report.exposure.before)} before, ${figure(report.exposure.after)} after.`,
  ];
  if (report.relaxedPages.after > 0) {
    parts.push(
      `${thousands(report.relaxedPages.after)} pages were left too few rows, and were composed without filters and caps (before: ${thousands(report.relaxedPages.before)}).`,
    );
  }
  for (const [name, titles] of [
    ["Gaining", report.gaining],
    ["Losing", report.losing],
  ] as const) {
    if (titles.length === 0) continue;
    parts.push(
      `${name}:\n${table(
        ["title", "before", "after", "change"],
        titles
          .slice(0, SHOWN_MAX)
          .map((one) => [one.name, figure(one.before), figure(one.after), figure(one.after - one.before)]),
      )}`,
    );
  }
  if (report.emptied.length > 0) {
    parts.push(
      `Rows that are gone:\n${table(
        ["row", "pages"],
        report.emptied.slice(0, SHOWN_MAX).map(({ rowId, pages }) => [rowId, pages]),
      )}`,
    );
  }
  if (report.rules.length > 0) {
    parts.push(
      `What each rule did:\n${table(
        ["rule", "pages", "removed", "moved", "pinned", "capped"],
        report.rules.map(({ ruleId, enabled, pages, effects }) => [
          enabled ? ruleId : `${ruleId} (off)`,
          pages,
          effects.removed,
          effects.moved,
          effects.pinned,
          effects.capped,
        ]),
      )}`,
    );
    const idle = report.rules.filter(({ enabled, pages }) => enabled && pages === 0);
    if (idle.length > 0) parts.push(`Never acted: ${idle.map(({ ruleId }) => ruleId).join(", ")}.`);
  }
  return parts.join("\n\n");
}

const percent = (share: number | null): string => (share === null ? "–" : `${(100 * share).toFixed(1)} %`);
const figure = (value: number): string => value.toFixed(2);
