/** `thewatcher import movielens|interactions|catalogue`. */
import { resolve } from "node:path";
import { UserError } from "@thewatcher/kit/user-error";
import type { Command } from "commander";
import { operate, print, printJson, withSettings } from "../command.ts";
import { seconds, thousands } from "../console.ts";
import type { OperationAnswer } from "../operations.ts";
import type { SettingName } from "../settings.ts";

export const STORE_SETTINGS = [
  "dataDir",
  "logLevel",
  "logFile",
  "eventLogUrl",
  "warehouseUrl",
  "recommendationsUrl",
  "databaseUrl",
  "cacheUrl",
  "searchUrl",
  "objectsUrl",
] as const satisfies readonly SettingName[];

interface ImportOptions {
  readonly source?: string;
  readonly country: string;
  readonly merge?: true;
  readonly ratings?: true;
  readonly json?: true;
  readonly dataDir?: string;
}

interface CatalogueOptions {
  readonly dryRun?: true;
  readonly by: string;
  readonly json?: true;
}

/** Lines of each kind on a screen; `--json` names a thousand. */
const SHOWN_MAX = 20;

export function addImport(program: Command): void {
  const imports = program
    .command("import")
    .description("Bring in titles and what people watched, through the event log");
  const common = (command: Command): Command =>
    withSettings(command, STORE_SETTINGS)
      .option("--source <name>", "prefix of the imported ids (default: by the layout)")
      .option("--country <code>", "country of the accounts that are made", "US")
      .option("--merge", "also into a folder that holds the demo world")
      .option("--json", "answer as JSON");
  common(imports.command("movielens <folder>"))
    .description(
      "MovieLens: u.data + u.item, ratings.dat + movies.dat, ratings.csv + movies.csv, or interactions.csv[.gz] + movies.dat",
    )
    .action(async (folder: string, options: ImportOptions, command: Command) => {
      const answer = await operate(command, "importMovielens", {
        folder: resolve(folder),
        ...(options.source === undefined ? {} : { source: options.source }),
        country: countryOf(options.country),
        merge: options.merge ?? false,
      });
      show(answer, options);
    });
  common(imports.command("interactions <file>"))
    .description("user, item[, value][, timestamp] as .tsv, .csv or .jsonl, gzipped or not")
    .option("--ratings", "the values are stars from 0.5 to 5 (default: strengths above 0)")
    .action(async (file: string, options: ImportOptions, command: Command) => {
      const answer = await operate(command, "importInteractions", {
        file: resolve(file),
        ...(options.source === undefined ? {} : { source: options.source }),
        country: countryOf(options.country),
        merge: options.merge ?? false,
        valuesAreStars: options.ratings ?? false,
      });
      show(answer, options);
    });
  withSettings(imports.command("catalogue <file>"), STORE_SETTINGS)
    .description(
      "Titles with their texts, rights and people as .json, or their plain fields as .csv (docs/catalogue-file.md)",
    )
    .option("--dry-run", "say what would change, and change nothing")
    .option("--by <name>", "as whom the history names it", "import")
    .option("--json", "answer as JSON")
    .action(async (file: string, options: CatalogueOptions, command: Command) => {
      const answer = await operate(command, "importCatalogue", {
        file: resolve(file),
        dryRun: options.dryRun ?? false,
        by: options.by,
      });
      if (options.json) printJson(answer);
      else showCatalogue(answer);
      // Whoever scripts this learns that not all of it went in.
      if (answer.refused > 0) process.exitCode = 1;
    });
}

function countryOf(given: string): string {
  if (!/^[A-Z]{2}$/.test(given))
    throw new UserError(`--country ${JSON.stringify(given)}: two capital letters are accepted, such as BY`);
  return given;
}

function show(answer: OperationAnswer<"importMovielens">, options: ImportOptions): void {
  if (options.json) {
    printJson(answer);
    return;
  }
  const { source, layout, rows, profiles, titles, events } = answer;
  const where = options.dataDir === undefined ? "" : ` --data-dir ${options.dataDir}`;
  const what = `${thousands(rows)} interactions, ${thousands(profiles)} viewers, ${thousands(titles)} titles (${source}, ${layout})`;
  if (answer.alreadyDone) print(`Imported before, nothing to do: ${what}.`);
  else
    print(
      `Imported ${what} in ${seconds(answer.elapsedMs)}${answer.resumedAt > 0 ? `, going on behind row ${thousands(answer.resumedAt)}` : ""}.`,
    );
  print(
    `The warehouse holds ${thousands(events)} distinct events. Next: \`npx thewatcher train${where}\`, then \`npx thewatcher recommend ${source}:<id>${where}\`.`,
  );
}

function showCatalogue(answer: OperationAnswer<"importCatalogue">): void {
  const text = (value: unknown): string => {
    const said = JSON.stringify(value);
    return said.length > 80 ? `${said.slice(0, 77)}…` : said;
  };
  const lines: [string, number, readonly string[]][] = [
    ["+", answer.added, answer.addedTitles.map(({ titleId, name }) => `${titleId}: ${name}`)],
    [
      "~",
      answer.changed,
      answer.diff.map(({ titleId, changes }) => {
        const fields = Object.entries(changes).map(
          ([field, one]) => `${field} ${text(one.before)} → ${text(one.after)}`,
        );
        return `${titleId}: ${fields.join("; ")}`;
      }),
    ],
    ["!", answer.refused, answer.refusals.map(({ place, reason }) => `${place}: ${reason}`)],
  ];
  for (const [sign, count, rows] of lines) {
    for (const row of rows.slice(0, SHOWN_MAX)) print(`${sign} ${row}`);
    if (count > SHOWN_MAX) print(`${sign} … and ${thousands(count - SHOWN_MAX)} more; --json names a thousand`);
  }
  const { added, changed, unchanged, refused, people, collections } = answer;
  print(
    `${answer.dryRun ? "Would add" : "Added"} ${thousands(added)}, ${answer.dryRun ? "change" : "changed"} ${thousands(changed)}, ${thousands(unchanged)} as they are, ${thousands(refused)} refused; ${thousands(people)} people, ${thousands(collections)} collections.`,
  );
}
