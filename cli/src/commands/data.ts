/** `thewatcher import movielens|interactions`. */
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
