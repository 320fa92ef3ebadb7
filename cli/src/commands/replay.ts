/** `thewatcher replay`: days of the warehouse made again from the log or its archive. */
import { HISTORY_SOURCES, type HistorySource } from "@thewatcher/ingestion/archive/history";
import { wholeDays } from "@thewatcher/ingestion/replay/replay";
import { UserError } from "@thewatcher/kit/user-error";
import type { Command } from "commander";
import { operate, print, printJson, withSettings } from "../command.ts";
import { seconds, table, thousands } from "../console.ts";
import { instantOption } from "../instant-option.ts";
import type { OperationAnswer } from "../operations.ts";
import { STORE_SETTINGS } from "./data.ts";

/** Days of the table; `--json` has them all. */
const DAYS_SHOWN = 40;

export function addReplay(program: Command): void {
  withSettings(program.command("replay"), STORE_SETTINGS)
    .description("Rebuild the warehouse's tables for some days, from the log or its archive, while everything runs")
    .requiredOption("--from <day>", "the first day: 2026-11-23, or an instant in it")
    .requiredOption("--to <day>", "the day behind the last one, or an instant in the last one")
    .option(
      "--source <source>",
      "log, archive, or auto: the log, and the archive for what the log has forgotten",
      "auto",
    )
    .option("--dry-run", "show the difference and change nothing")
    .option("--json", "answer as JSON")
    .action(
      async (options: { from: string; to: string; source: string; dryRun?: true; json?: true }, command: Command) => {
        const source = HISTORY_SOURCES.find((name): name is HistorySource => name === options.source);
        if (!source)
          throw new UserError(`--source ${JSON.stringify(options.source)}: log, archive or auto is accepted`);
        const range = { from: instantOption(options.from, "--from"), to: instantOption(options.to, "--to") };
        // Before anything is opened for it.
        wholeDays(range);
        const answer = await operate(command, "replay", {
          ...range,
          source,
          dryRun: options.dryRun ?? false,
        });
        if (options.json) return printJson(answer);
        show(answer);
      },
    );
}

function show(answer: OperationAnswer<"replay">): void {
  const { events, days, states } = answer.difference;
  const changed = days.filter(({ before, after }) => before !== after);
  if (changed.length > 0) {
    print(
      table(
        ["day", "type", "before", "after", ""],
        changed
          .slice(0, DAYS_SHOWN)
          .map(({ day, type, before, after }) => [
            day,
            type,
            thousands(before),
            thousands(after),
            `${after > before ? "+" : ""}${thousands(after - before)}`,
          ]),
      ),
    );
    if (changed.length > DAYS_SHOWN)
      print(`… and ${thousands(changed.length - DAYS_SHOWN)} more; --json has them all.`);
  }
  print(
    `Events: ${thousands(events.before)} before, ${thousands(events.after)} after: ${thousands(events.onlyAfter)} were missing, ${thousands(events.onlyBefore)} are in no log, ${thousands(events.changed)} differ, ${thousands(events.erased)} of erased profiles are gone.`,
  );
  for (const example of events.examples) {
    print(
      `  ${example.kind}: ${example.topic}/${example.partition}/${example.offset} ${example.type} of ${example.profileId}, ${example.occurredAt}`,
    );
  }
  for (const { table: name, pairs, profiles, examples } of states) {
    const such = examples.map(({ profileId, titleId, day }) => `${profileId} × ${titleId} on ${day}`).join(", ");
    print(
      `${name}: ${thousands(pairs)} pairs of ${thousands(profiles)} profiles differ${such === "" ? "" : `, such as ${such}`}.`,
    );
  }
  const range = `${answer.from.slice(0, 10)} up to, and without, ${answer.to.slice(0, 10)}`;
  const read = `${thousands(answer.records)} records read in ${seconds(answer.elapsedMs)}`;
  print(answer.swapped ? `Rebuilt ${range}: ${read}.` : `Nothing was changed (--dry-run): ${range}, ${read}.`);
}
