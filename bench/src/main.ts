/** `npm run bench -- <name…>`: runs benchmarks, prints each as a table, writes each as JSON. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { systemClock } from "@thewatcher/kit/clock";
import { createLifecycle } from "@thewatcher/kit/lifecycle";
import { silentLog } from "@thewatcher/kit/log";
import { UserError } from "@thewatcher/kit/user-error";
import { batchBench } from "./batch.ts";
import { catalogueBench } from "./catalogue.ts";
import { prepareTrainedCinema } from "./cinema.ts";
import { eventsBench } from "./events.ts";
import { growthBench } from "./growth.ts";
import { type Bench, type BenchContext, type BenchOptions, makeWorkFolder, runBench, writeReport } from "./harness.ts";
import { importBench } from "./import.ts";
import { kernelsBench } from "./kernels.ts";
import { homeBench, listBench } from "./pages.ts";
import { rankBench } from "./rank.ts";
import { reactBench } from "./react.ts";
import { recoveryBench } from "./recovery.ts";
import { type Report, renderReport } from "./report.ts";
import { searchBench } from "./search.ts";
import { signInBench } from "./sign-in.ts";
import { startBench } from "./start.ts";
import { storeBench } from "./store.ts";
import { trainBench } from "./train.ts";

const MISTAKE = 2;
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Where `bench/peers/setup.mjs` puts Python's side unless it is told another folder. */
const PEERS_PYTHON = join(tmpdir(), "thewatcher-peers", "bin", "python");
/** In the order that shares most: `import` leaves the trained cinema that the others serve. */
const BENCHES: readonly Bench[] = [
  kernelsBench,
  startBench,
  importBench,
  trainBench,
  listBench,
  homeBench,
  reactBench,
  rankBench,
  batchBench,
  catalogueBench,
  growthBench,
  storeBench,
  searchBench,
  eventsBench,
  recoveryBench,
  signInBench,
];
const NAMES = BENCHES.map(({ name }) => name);

const LIMITS = {
  rounds: { default: 3, min: 1, max: 20 },
  seconds: { default: 5, min: 1, max: 60 },
  events: { default: 400_000, min: 20_000, max: 2_000_000 },
} as const;

const HELP = `Usage: npm run bench -- <name…> [options]

${BENCHES.map(({ name, about }) => `  ${name.padEnd(8)} ${about}`).join("\n")}
  all      every one of them

  --rounds <n>      runs that a median is taken of (${LIMITS.rounds.default})
  --seconds <n>     of one load, for requests a second (${LIMITS.seconds.default})
  --events <n>      of the synthetic part of import (${LIMITS.events.default})
  --datasets <dir>  holds ml-1m (default: DATASETS_DIR, or ../shared/datasets)
  --cinema <dir>    a data folder with MovieLens 1M imported and trained; made in the run where left out
  --python <file>   for the peers in Python, left out by name where they are missing (that of bench/peers/setup.mjs
                    where it was set up, else python3)
  --json            print the reports as JSON instead of tables
  --help            this text

Results are written to bench-results/<name>.json.`;

function wholeNumber(text: string | undefined, name: keyof typeof LIMITS): number {
  const limits = LIMITS[name];
  if (text === undefined) return limits.default;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < limits.min || value > limits.max) {
    throw new UserError(
      `--${name} ${JSON.stringify(text)}: a whole number from ${limits.min} to ${limits.max} is accepted`,
    );
  }
  return value;
}

interface Request {
  readonly help: boolean;
  readonly json: boolean;
  readonly benches: readonly Bench[];
  readonly options: BenchOptions;
}

function readArguments(args: readonly string[]): Request {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const parse = () =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { ...flag, short: "h" },
        json: flag,
        rounds: text,
        seconds: text,
        events: text,
        datasets: text,
        cinema: text,
        python: text,
      },
    });
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse();
  } catch (cause) {
    throw new UserError(`${(cause as Error).message.split("\n")[0]} (--help shows what is accepted)`, { cause });
  }
  const { values, positionals } = parsed;
  for (const name of positionals) {
    if (name !== "all" && !NAMES.includes(name)) {
      throw new UserError(`unknown benchmark ${JSON.stringify(name)}; there are ${NAMES.join(", ")} and all`);
    }
  }
  if (positionals.length === 0 && !values.help) {
    throw new UserError(`which benchmark? There are ${NAMES.join(", ")} and all (--help tells more)`);
  }
  const cinema = values.cinema === undefined ? undefined : resolve(values.cinema);
  if (cinema !== undefined && !existsSync(cinema)) throw new UserError(`--cinema ${cinema}: there is no such folder`);
  return {
    help: values.help,
    json: values.json,
    benches: BENCHES.filter(({ name }) => positionals.includes("all") || positionals.includes(name)),
    options: {
      rounds: wholeNumber(values.rounds, "rounds"),
      loadSeconds: wholeNumber(values.seconds, "seconds"),
      events: wholeNumber(values.events, "events"),
      datasets: resolve(values.datasets ?? process.env.DATASETS_DIR ?? join(ROOT, "..", "shared", "datasets")),
      cinema,
      python: values.python ?? (existsSync(PEERS_PYTHON) ? PEERS_PYTHON : "python3"),
    },
  };
}

async function main(args: readonly string[]): Promise<void> {
  const { help, json, benches, options } = readArguments(args);
  if (help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const interruption = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (interruption.signal.aborted) process.exit(130);
      interruption.abort(new UserError(`stopped by ${name}`));
    });
  }
  await using whole = createLifecycle(silentLog);
  const work = whole.own("work folder", makeWorkFolder(), (it) => it.remove());
  const say = (text: string): void => void process.stderr.write(`  … ${text}\n`);
  let trained: Promise<string> | undefined;
  const reports: Report[] = [];
  for (const bench of benches) {
    await using lifecycle = createLifecycle(silentLog);
    const context: BenchContext = {
      options,
      clock: systemClock,
      lifecycle,
      signal: interruption.signal,
      say,
      freshFolder: work.fresh,
      trainedCinema() {
        trained ??= options.cinema === undefined ? prepareTrainedCinema(context) : Promise.resolve(options.cinema);
        return trained;
      },
    };
    say(`${bench.name}: ${bench.about}`);
    const report = await runBench(bench, context, `npm run bench -- ${args.join(" ")}`);
    writeReport(join(ROOT, "bench-results"), report);
    reports.push(report);
    if (!json) process.stdout.write(`\n${renderReport(report)}\n\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const isMistake = error instanceof UserError;
  process.stderr.write(`bench: ${isMistake ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exitCode = isMistake ? MISTAKE : 1;
}
