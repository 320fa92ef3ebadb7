/** `thewatcher explain`: a page as it was, why it was so, and whether it comes out the same again. */
import type { Reason } from "@thewatcher/contracts/api/serving";
import { DecisionId } from "@thewatcher/contracts/ids";
import { UserError } from "@thewatcher/kit/user-error";
import type { Command } from "commander";
import { operate, print, printJson, withSettings } from "../command.ts";
import { table, thousands } from "../console.ts";
import type { OperationAnswer } from "../operations.ts";
import { STORE_SETTINGS } from "./data.ts";

type Explained = OperationAnswer<"explain">;

const FAILURE = 1;

export function addExplain(program: Command): void {
  withSettings(program.command("explain"), STORE_SETTINGS)
    .description("A page of the last 30 days as it was, and why; makes it again of what was logged and compares")
    .requiredOption("--decision <id>", "the decisionId of the page's answer, or of an event that it caused")
    .option("--json", "answer as JSON")
    .action(async (options: { decision: string; json?: true }, command: Command) => {
      const decisionId = DecisionId.safeParse(options.decision);
      if (!decisionId.success)
        throw new UserError(`--decision ${JSON.stringify(options.decision)}: a UUIDv7 in lower case is accepted`);
      const answer = await operate(command, "explain", { decisionId: decisionId.data });
      if (answer.recomposition.kind === "different") process.exitCode = FAILURE;
      if (options.json) return printJson(answer);
      print(explanationText(answer));
    });
}

/** A store's own mark, which may be bytes that no terminal is to see. */
const shownRevision = (revision: string): string =>
  /^[ -~]+$/.test(revision) ? revision : Buffer.from(revision, "latin1").toString("hex");

export function explanationText(explained: Explained): string {
  const nameOf = (titleId: string): string => explained.names[titleId] ?? titleId;
  const parts = [headText(explained), stagesText(explained)];
  for (const [place, row] of explained.rows.entries()) {
    const why = row.reason ? `: ${reasonText(row.reason, nameOf)}` : "";
    parts.push(
      `${place + 1}. ${row.heading} (${row.rowId})${why}\n${table(
        ["place", "title", "score", "source", "drawn", "why"],
        row.items.map(({ position, titleId, score, source, propensity, reason }) => [
          position,
          shortened(nameOf(titleId)),
          figure(score),
          source,
          propensity === undefined ? "" : `p=${figure(propensity)}`,
          reasonText(reason, nameOf),
        ]),
      )}`,
    );
  }
  if (explained.dropped.length > 0) {
    const dropped = explained.dropped.map(({ heading, entriesMin }) => `${heading} (fewer than ${entriesMin} titles)`);
    parts.push(`Tried, and too short to be shown: ${dropped.join(", ")}.`);
  }
  for (const { part, cause, detail } of explained.degradations) parts.push(`Without ${part} (${cause}): ${detail}`);
  if (explained.cut.length > 0) parts.push(`The record had no room for: ${explained.cut.join(", ")}.`);
  parts.push(verdictText(explained));
  return parts.join("\n\n");
}

function headText(explained: Explained): string {
  const { kind, profileId, decidedAt, decisionId, generation, rankerVersion, rulesVersion, titleFeaturesVersion } =
    explained;
  const rows: [string, string][] = [
    ["decision", decisionId],
    ["what", `${kind} for ${profileId ?? "nobody"}${explained.with === null ? "" : ` and ${explained.with}`}`],
    ["when", decidedAt],
    ["where", `${explained.country}, ${explained.locale}, ${explained.device}`],
    ["ages", explained.ageLimit === null ? "all" : `up to ${explained.ageLimit}+`],
    ["generation", generation ?? "none"],
    ["ranked by", rankerVersion ?? "the sources' scores, blended"],
    ["rules", rulesVersion === null ? "none" : `version ${rulesVersion}`],
    ["title features", titleFeaturesVersion ?? "none"],
    ["profile state", explained.stateRevision === null ? "none" : shownRevision(explained.stateRevision)],
    ["parameters", JSON.stringify(explained.parameters)],
  ];
  if (explained.exclude.length > 0) rows.push(["excluded by request", explained.exclude.join(", ")]);
  if (explained.minutes !== null) rows.push(["no longer than", `${explained.minutes} minutes`]);
  for (const [experiment, arm] of Object.entries(explained.arms)) rows.push([`arm of ${experiment}`, arm]);
  return table(["", ""], rows);
}

function stagesText(explained: Explained): string {
  const given = explained.sources
    .filter(({ candidates }) => candidates > 0)
    .map(({ source, candidates }) => `${source} ${candidates}`);
  const removed = explained.removed.map(({ stage, cause, titleIds }) => `${cause} ${titleIds.length} (${stage})`);
  const shown = explained.rows.reduce((sum, { items }) => sum + items.length, 0);
  return table(
    ["stage", ""],
    [
      ["read", `history of ${explained.history.length} titles`],
      ["retrieve", `${thousands(explained.candidateCount)} candidates: ${given.join(", ") || "none"}`],
      ["taken out", removed.join(", ") || "nothing of the profile's list"],
      [
        "rows",
        explained.rows.map(({ rowId, candidates, items }) => `${rowId} ${items.length} of ${candidates}`).join(", "),
      ],
      ["shown", `${explained.rows.length} rows, ${shown} titles; ${explained.sampled} more with their features`],
    ],
  );
}

function verdictText({ recomposition }: Explained): string {
  switch (recomposition.kind) {
    case "same":
      return `Made again of the log: the same, byte for byte (${recomposition.rows} rows, ${recomposition.items} titles, ${thousands(recomposition.bytes)} bytes).`;
    case "different":
      return `Made again of the log, it differs:\n${recomposition.differences.map((line) => `  ${line}`).join("\n")}`;
    case "not_possible":
      return "The page can't be made again: the record had no room for what the rows ranked.";
  }
}

const NAME_MAX = 40;
const shortened = (text: string) => (text.length > NAME_MAX ? `${text.slice(0, NAME_MAX - 1)}…` : text);
/** Four digits: the JSON has them all. */
const figure = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));

/** What is checked by a machine, in a few words. */
function reasonText(reason: Reason, nameOf: (titleId: string) => string): string {
  const { kind, ...said } = reason;
  if (kind === "similar_to_history" && "seeds" in said) {
    const seeds = said.seeds.map(({ titleId, contribution }) => `${nameOf(titleId)} ${figure(contribution)}`);
    return seeds.length === 0 ? "the profile's ranking" : `like ${seeds.join(", ")}`;
  }
  const details = Object.entries(said).map(([name, value]) => {
    if (typeof value === "number") return `${name} ${figure(value)}`;
    if (typeof value === "string" && /titleId$/i.test(name)) return nameOf(value);
    return typeof value === "string" ? value : JSON.stringify(value);
  });
  return [kind.replaceAll("_", " "), ...details].join(", ");
}
