/** `thewatcher audit`: whether the warehouse has what the log has. */
import type { AuditedPartition, AuditReport } from "@thewatcher/ingestion/audit";
import type { Command } from "commander";
import { operate, print, printJson, withSettings } from "../command.ts";
import { table, thousands } from "../console.ts";
import { STORE_SETTINGS } from "./data.ts";

const FAILURE = 1;

export function addAudit(program: Command): void {
  withSettings(program.command("audit"), STORE_SETTINGS)
    .description("Compare the log with the warehouse, by partition and hour; exit code 1 where something is missing")
    .option("--deep", "read the whole log and compare the event at every place")
    .option("--json", "answer as JSON")
    .action(async (options: { deep?: true; json?: true }, command: Command) => {
      const report = await operate(command, "audit", { deep: options.deep ?? false });
      if (report.missing > 0 || report.beyond > 0 || report.different > 0) process.exitCode = FAILURE;
      if (options.json) return printJson(report);
      print(auditText(report));
    });
}

const ranges = ({ missingRanges, missing }: AuditedPartition): string => {
  const named = missingRanges.map(({ fromOffset, toOffset }) =>
    toOffset - fromOffset === 1 ? `${fromOffset}` : `${fromOffset}–${toOffset - 1}`,
  );
  const told = missingRanges.reduce((sum, { fromOffset, toOffset }) => sum + toOffset - fromOffset, 0);
  return named.join(", ") + (told < missing ? ", …" : "");
};

export function auditText(report: AuditReport): string {
  const parts: string[] = [
    table(
      [
        "topic",
        "partition",
        "log from",
        "to",
        "warehouse at",
        "lag",
        "missing",
        "dead letters",
        "erased",
        "beyond",
        "different",
      ],
      report.partitions.map((part) => [
        part.topic,
        part.partition,
        part.log.fromOffset,
        part.log.toOffset,
        part.position,
        part.lag,
        part.missing,
        part.deadLetters,
        part.erased,
        part.beyond,
        report.deep ? part.different : "–",
      ]),
    ),
  ];
  const hours = report.partitions.flatMap((part) =>
    part.hours
      .filter(({ missing }) => missing > 0)
      .map((hour) => [part.topic, part.partition, hour.hour, hour.rows, hour.missing]),
  );
  if (hours.length > 0) parts.push(table(["topic", "partition", "hour (UTC)", "rows", "missing"], hours));
  for (const part of report.partitions) {
    const place = `${part.topic}/${part.partition}`;
    if (part.missing > 0) parts.push(`${place}: missing offsets ${ranges(part)}`);
    if (part.different > 0) {
      const offsets = part.differentOffsets.join(", ") + (part.different > part.differentOffsets.length ? ", …" : "");
      parts.push(`${place}: another event than the log's at offsets ${offsets}`);
    }
    if (part.beyond > 0) {
      parts.push(`${place}: ${thousands(part.beyond)} rows behind the end of the log: the warehouse is not this log's`);
    }
  }
  parts.push(verdict(report));
  return parts.join("\n\n");
}

function verdict({ missing, beyond, different, lag, deep }: AuditReport): string {
  const waiting = lag > 0 ? ` ${thousands(lag)} records wait for the sink.` : "";
  if (missing > 0) {
    return `${thousands(missing)} records are missing; \`thewatcher replay\` puts their days in again from the log or its archive.${waiting}`;
  }
  if (beyond > 0 || different > 0) return `The warehouse holds rows that are not this log's.${waiting}`;
  const looked = deep
    ? "Every record below the warehouse's position is there, as it is in the log"
    : "Nothing is missing";
  return `${looked}.${waiting}`;
}
