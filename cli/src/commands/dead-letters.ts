/** `thewatcher dead-letters list | show | replay`: what could not become an event, and its way back. */
import { DeadLetterCause } from "@thewatcher/contracts/topics/dead-letters";
import { parseLetterId } from "@thewatcher/ingestion/dead-letters/letters";
import { parseMendRule } from "@thewatcher/ingestion/dead-letters/mend";
import { UserError } from "@thewatcher/kit/user-error";
import type { Command } from "commander";
import { operate, print, printJson, wholeNumber, withSettings } from "../command.ts";
import { table, thousands } from "../console.ts";
import { instantOption } from "../instant-option.ts";
import type { OperationAnswer } from "../operations.ts";
import { STORE_SETTINGS } from "./data.ts";

interface FilterOptions {
  readonly cause?: string;
  readonly since?: string;
  readonly profile?: string;
  readonly json?: true;
}

type Replays = OperationAnswer<"deadLettersShow">["replays"];

export function addDeadLetters(program: Command): void {
  const letters = program
    .command("dead-letters")
    .description("What could not become an event: look at it, mend it by rule, replay it");
  const filtered = (command: Command): Command =>
    withSettings(command, STORE_SETTINGS)
      .option("--cause <cause>", `only of this cause: ${DeadLetterCause.options.join(", ")}`)
      .option("--since <instant>", "only what arrived at or behind it: 2026-11-23 or 2026-11-23T10:00:00Z")
      .option("--profile <id>", "only of this profile")
      .option("--json", "answer as JSON");

  filtered(letters.command("list"))
    .description("The newest letters, newest first")
    .option("--limit <n>", "how many", "20")
    .action(async (options: FilterOptions & { limit: string }, command: Command) => {
      const limit = wholeNumber(options.limit, "--limit", 1, 1_000);
      const answer = await operate(command, "deadLettersList", { ...filterOf(options), limit });
      if (options.json) return printJson(answer);
      if (answer.letters.length === 0) return print("No dead letters.");
      print(
        table(
          ["id", "arrived", "profile", "cause", "detail", "replayed"],
          answer.letters.map((letter) => [
            letter.id,
            letter.receivedAt,
            letter.profileId,
            letter.cause,
            shortened(letter.detail, 60),
            lastReplay(letter.replays),
          ]),
        ),
      );
      if (answer.more > 0) print(`${thousands(answer.more)} older ones; --limit shows more.`);
    });

  withSettings(letters.command("show <id>"), STORE_SETTINGS)
    .description("One letter: the event whole, as it came, why it was refused, and what became of it")
    .option("--json", "answer as JSON")
    .action(async (id: string, options: { json?: true }, command: Command) => {
      parseLetterId(id);
      const letter = await operate(command, "deadLettersShow", { id });
      if (options.json) return printJson(letter);
      const rows = [
        ["cause", letter.cause],
        ["detail", letter.detail],
        ["profile", letter.profileId],
        ["device, country", `${letter.device}, ${letter.country}${letter.fromMachine ? ", a machine" : ""}`],
        ["arrived", letter.receivedAt],
        ...letter.replays.map((replay) => [
          new Date(replay.replayedAt).toISOString(),
          `${replay.outcome}${replay.eventId ? ` as ${replay.eventId}` : ""}${replay.cause ? `: ${replay.cause}, ${replay.detail}` : ""}${replay.rules.map((rule) => ` [${rule}]`).join("")}`,
        ]),
      ];
      print(table(["letter", letter.id], rows));
      print(`\n${letter.rawBase64 === undefined ? letter.raw : `(no UTF-8; base64) ${letter.rawBase64}`}`);
    });

  filtered(letters.command("replay [ids...]"))
    .description("Judge letters again, mended by rules, and bring back what is good; what was brought back stays so")
    .option(
      "--mend <rule>",
      "`type: clack -> click`, `payload.titleId <- payload.filmId`, `occurredAt = receivedAt`, `delete payload.foo`; again for more",
      (rule: string, rules: readonly string[]) => [...rules, rule],
      [],
    )
    .option("--dry-run", "only say what would become of them")
    .action(
      async (
        ids: readonly string[],
        options: FilterOptions & { mend: readonly string[]; dryRun?: true },
        command: Command,
      ) => {
        const filter = filterOf(options);
        if (ids.length === 0 && Object.keys(filter).length === 0) {
          throw new UserError(
            "dead-letters replay: name letters by id, or choose them by --cause, --since or --profile",
          );
        }
        // Before anything is opened for them.
        options.mend.forEach(parseMendRule);
        ids.forEach(parseLetterId);
        const answer = await operate(command, "deadLettersReplay", {
          ...filter,
          ...(ids.length > 0 ? { ids: [...ids] } : {}),
          mend: [...options.mend],
          dryRun: options.dryRun ?? false,
        });
        if (answer.refused > 0) process.exitCode = 1;
        if (options.json) return printJson(answer);
        showReplayed(answer);
      },
    );
}

function filterOf({ cause, since, profile }: FilterOptions) {
  const known = DeadLetterCause.optional().safeParse(cause);
  if (!known.success) {
    throw new UserError(`--cause ${JSON.stringify(cause)}: accepted are ${DeadLetterCause.options.join(", ")}`);
  }
  return {
    ...(known.data === undefined ? {} : { cause: known.data }),
    ...(since === undefined ? {} : { since: instantOption(since, "--since") }),
    ...(profile === undefined ? {} : { profile }),
  };
}

function showReplayed(answer: OperationAnswer<"deadLettersReplay">): void {
  const refused = answer.outcomes.filter((outcome) => outcome.kind === "refused").slice(0, 20);
  if (refused.length > 0) {
    print(
      table(
        ["id", "still", "detail"],
        refused.map(({ id, cause, detail }) => [id, cause, shortened(detail, 80)]),
      ),
    );
  }
  const would = answer.dryRun ? "would be " : "";
  print(
    `${thousands(answer.accepted)} ${would}accepted, ${thousands(answer.refused)} ${would}refused again, ${thousands(answer.already)} accepted before.`,
  );
}

function lastReplay(replays: Replays): string {
  const last = replays.at(-1);
  if (!last) return "";
  return last.outcome === "accepted" ? "accepted" : `refused: ${last.cause}`;
}

const shortened = (text: string, charsMax: number) =>
  text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text;
