/**
 * `npm run drill -- <name>`: what is too long for a test, over real servers on this machine. Prints as it goes, writes a
 * dated report into docs/drills, and ends with 1 where something was lost, doubled or out of bounds.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@thewatcher/kit/clock";
import { missing } from "@thewatcher/testbed/available";
import { table, thousands } from "../console.ts";
import { runKillStorm, STORM_SERVERS } from "./kill-storm.ts";
import { type Look, OUTAGE_SERVERS, runWarehouseOutage, SINK_GROWTH_MIB_MAX } from "./warehouse-outage.ts";

const MISTAKE = 2;
const MINUTES_10 = 600_000;
const EVENTS_PER_SECOND = 500;
/** 1.9 GB in the log: twice what a sink may grow by. */
const BACKLOG_EVENTS = 2_000_000;
/** The timeline shows a look for each of these, and every change of phase or readiness. */
const TIMELINE_EVERY_SECONDS = 30;

interface Drilled {
  readonly passed: boolean;
  /** Behind the heading, in Markdown. */
  readonly report: string;
}

const say = (text: string): void => {
  process.stderr.write(`${new Date(systemClock.now()).toISOString().slice(11, 19)} ${text}\n`);
};
const loads = (): string =>
  loadavg()
    .map((load) => load.toFixed(1))
    .join(" ");
const block = (text: string): string => `\`\`\`\n${text}\n\`\`\``;

function timeline(looks: readonly Look[]): string {
  let shownAt = Number.NEGATIVE_INFINITY;
  let before: Look | undefined;
  const shown = looks.filter((look, i) => {
    const changed = look.phase !== before?.phase || look.ready !== before?.ready;
    before = look;
    if (!changed && look.seconds - shownAt < TIMELINE_EVERY_SECONDS && i < looks.length - 1) return false;
    shownAt = look.seconds;
    return true;
  });
  return table(
    ["second", "warehouse", "sink ready", "lag", "sink MiB", "acknowledged"],
    shown.map(({ seconds, phase, ready, lag, residentMiB, acknowledged }) => [
      seconds.toFixed(0),
      phase === "before" || phase === "back" ? "there" : phase,
      ready ? "yes" : "no",
      Number.isNaN(lag) ? "?" : thousands(lag),
      residentMiB === undefined ? "?" : residentMiB.toFixed(0),
      thousands(acknowledged),
    ]),
  );
}

async function warehouseOutage(): Promise<Drilled> {
  const before = loads();
  const report = await runWarehouseOutage({
    outageMs: MINUTES_10,
    eventsPerSecond: EVENTS_PER_SECOND,
    backlogEvents: BACKLOG_EVENTS,
    say,
  });
  const { looks, memory, lost, doubled, auditFound, unexpected } = report;
  const lags = looks.map(({ lag }) => lag).filter(Number.isFinite);
  const growth = memory ? memory.peakMiB - memory.beforeMiB : 0;
  const last = looks.at(-1);
  const passed =
    lost + doubled + auditFound + unexpected.length + (last?.lag ?? 1) === 0 &&
    last?.ready === true &&
    growth <= SINK_GROWTH_MIB_MAX;
  const reasons = new Map<string, number>();
  for (const { reason } of looks) if (reason !== "") reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const rows: readonly (readonly [string, string])[] = [
    ["warehouse away", `${report.outageSeconds.toFixed(0)} s: frozen for half of it, then dead`],
    ["load", `${EVENTS_PER_SECOND} events/s through the collector, ${thousands(report.acknowledged)} acknowledged`],
    ["besides", `${thousands(report.backlog)} events (${report.backlogMiB.toFixed(0)} MiB) into the log directly`],
    ["slowest answer of the collector", `${report.slowestAnswerMs.toFixed(0)} ms`],
    ["lag at most", `${thousands(Math.max(...lags))} events`],
    ["caught up", `${report.caughtUpSeconds.toFixed(1)} s after it was back, the load going on`],
    [
      "memory of the sink",
      memory
        ? `${memory.beforeMiB.toFixed(0)} MiB before, ${memory.peakMiB.toFixed(0)} MiB at most (may grow by ${SINK_GROWTH_MIB_MAX})`
        : "not known here (no /proc)",
    ],
    ["lost", String(lost)],
    ["doubled", String(doubled)],
    ["found by the audit", String(auditFound)],
    ["unexpected answers or ends", String(unexpected.length)],
    ["load of the machine", `${before} at the beginning, ${loads()} at the end`],
  ];
  const told = [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 5);
  return {
    passed,
    report: [
      `| | |\n| --- | --- |\n${rows.map(([name, value]) => `| ${name} | ${value} |`).join("\n")}`,
      "## Timeline",
      block(timeline(looks)),
      "## What readiness said meanwhile",
      told.map(([reason, count]) => `- ${count} looks: ${reason}`).join("\n"),
    ].join("\n\n"),
  };
}

async function killStorm(): Promise<Drilled> {
  const before = loads();
  const { findings, kills, serversEnded, ...counts } = await runKillStorm({
    seed: systemClock.now() % 1_000_000,
    roundsMax: Number.POSITIVE_INFINITY,
    stormMsMax: MINUTES_10,
    say,
  });
  const wrong = Object.entries(findings).filter(([, found]) => found.length > 0);
  const rows = [
    ...Object.entries(counts).map(([name, value]) => [name, thousands(Number(value))]),
    ["servers that ended by themselves", serversEnded.map(({ name, how }) => `${name} (${how})`).join(", ") || "none"],
    ...Object.entries(findings).map(([name, found]) => [`wrong: ${name}`, String(found.length)]),
    ["load of the machine", `${before} at the beginning, ${loads()} at the end`],
  ];
  return {
    passed: wrong.length === 0,
    report: [
      `| | |\n| --- | --- |\n${rows.map(([name, value]) => `| ${name} | ${value} |`).join("\n")}`,
      "## Killed with -9",
      block(
        table(
          ["what", "times"],
          Object.entries(kills).sort((a, b) => b[1] - a[1]),
        ),
      ),
      ...(wrong.length > 0 ? ["## Wrong", block(JSON.stringify(Object.fromEntries(wrong), null, 2))] : []),
    ].join("\n\n"),
  };
}

const DRILLS: Readonly<
  Record<
    string,
    { readonly about: string; readonly servers: readonly Parameters<typeof missing>[0][]; run(): Promise<Drilled> }
  >
> = {
  "warehouse-outage": {
    about: "the warehouse away for ten minutes under load",
    servers: OUTAGE_SERVERS,
    run: warehouseOutage,
  },
  "kill-storm": { about: "ten minutes of kill -9 at random", servers: STORM_SERVERS, run: killStorm },
};

const [name = ""] = process.argv.slice(2);
const drill = DRILLS[name];
if (!drill) {
  const list = Object.entries(DRILLS).map(([known, { about }]) => `  ${known.padEnd(18)} ${about}`);
  process.stderr.write(`Usage: npm run drill -- <name>\n\n${list.join("\n")}\n`);
  process.exitCode = name === "" || name === "--help" ? 0 : MISTAKE;
} else {
  const absent = drill.servers.map((server) => missing(server)).filter((reason) => reason !== undefined);
  if (absent.length > 0) {
    process.stderr.write(`drill: ${absent.join("; ")}\n`);
    process.exitCode = MISTAKE;
  } else {
    say(`${name}: ${drill.about}`);
    const { passed, report } = await drill.run();
    const day = new Date(systemClock.now()).toISOString().slice(0, 10);
    const folder = fileURLToPath(new URL("../../../docs/drills/", import.meta.url));
    const file = join(folder, `${day}-${name}.md`);
    const machine = `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      file,
      `# Drill: ${drill.about}, ${day}\n\n${passed ? "Passed." : "**Failed.**"} \`npm run drill -- ${name}\` on ${machine}.\n\n${report}\n`,
    );
    say(`${passed ? "passed" : "FAILED"}; written to docs/drills/${day}-${name}.md`);
    process.exitCode = passed ? 0 : 1;
  }
}
