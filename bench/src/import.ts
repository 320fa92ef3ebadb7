/**
 * `import`, in two parts.
 *
 * The pipeline: rating events through log → sink → warehouse, as live traffic and imports go, beside its two limits in the
 * same run: the same bytes appended to the log alone, and the same rows inserted into the warehouse alone (in the batches
 * and with the concurrency of the sink). Fresh folders each time, the three in turn.
 *
 * The whole way: MovieLens 1M from the file to every list published, by the commands that a person types, in a fresh
 * data folder: processes started, stores made and closed again, the model evaluated.
 */
import { join } from "node:path";
import { topics } from "@thewatcher/contracts/topics";
import { createSink, INSERT_ROWS_MAX } from "@thewatcher/ingestion/sink";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { openLmdbEventLog } from "@thewatcher/stores/event-log/lmdb";
import { partitionOf } from "@thewatcher/stores/event-log/partitioner";
import type { LogRecord, NewRecord, RecordBatch } from "@thewatcher/stores/event-log/port";
import { openChdbWarehouse } from "@thewatcher/stores/warehouse/chdb";
import type { Warehouse } from "@thewatcher/stores/warehouse/port";
import { importMovieLens, train } from "./cinema.ts";
import { type Bench, type BenchContext, type Outcome, timed } from "./harness.ts";
import { PARTS } from "./processes.ts";
import { makeRatingEvents } from "./rating-events.ts";
import { type Figure, number } from "./report.ts";
import { median } from "./statistics.ts";

/** As the import appends. */
const APPEND_ROWS = 20_000;
const SHARE_GOAL = 0.6;
const WHOLE_WAY_SECONDS_GOAL = 30;
/** Gorse 0.5.11 on a machine of this kind (docs/benchmarks.md): 127 s for the import, then 242 s until every list is there. */
const GORSE = { importSeconds: 127, listsSeconds: 242 };

type Folders = Pick<BenchContext, "freshFolder" | "clock">;

async function openFreshLog({ freshFolder, clock }: Folders) {
  const eventLog = await openLmdbEventLog({ path: freshFolder("event-log"), clock });
  for (const topic of Object.values(topics)) await eventLog.ensureTopic(topic);
  return eventLog;
}

async function openFreshWarehouse({ freshFolder, clock }: Folders): Promise<Warehouse> {
  const warehouse = await openChdbWarehouse({ path: join(freshFolder("warehouse"), "chdb"), clock });
  await warehouse.migrate();
  return warehouse;
}

async function appendAll(
  eventLog: { append(topic: string, records: readonly NewRecord[]): Promise<unknown> },
  records: readonly NewRecord[],
): Promise<void> {
  for (let from = 0; from < records.length; from += APPEND_ROWS) {
    await eventLog.append(topics.stated.name, records.slice(from, from + APPEND_ROWS));
  }
}

/** The batches that the sink would cut, by partition. */
function batchesOf(records: readonly NewRecord[]): RecordBatch[][] {
  const { name: topic, partitionCount } = topics.stated;
  const rows: LogRecord[][] = Array.from({ length: partitionCount }, () => []);
  for (const { key, value } of records) {
    const partition = rows[partitionOf(key, partitionCount)]!;
    partition.push({ offset: partition.length, key, value: Buffer.from(value) });
  }
  return rows.map((partitionRows, partition) => {
    const batches: RecordBatch[] = [];
    for (let from = 0; from < partitionRows.length; from += INSERT_ROWS_MAX) {
      batches.push({ topic, partition, records: partitionRows.slice(from, from + INSERT_ROWS_MAX) });
    }
    return batches;
  });
}

async function checkRows(warehouse: Warehouse, expected: number): Promise<void> {
  const [row] = await warehouse.query<{ count: number }>("SELECT toUInt32(uniqExact(eventId)) AS count FROM events");
  assert(row?.count === expected, "every event is one row", () => ({ rows: row?.count, expected }));
}

async function logAlone(records: readonly NewRecord[], context: Folders): Promise<number> {
  const eventLog = await openFreshLog(context);
  const { seconds } = await timed(context.clock, () => appendAll(eventLog, records));
  await eventLog.close();
  return seconds;
}

async function warehouseAlone(batches: readonly RecordBatch[][], rows: number, context: Folders): Promise<number> {
  const warehouse = await openFreshWarehouse(context);
  const { seconds } = await timed(context.clock, () =>
    Promise.all(
      batches.map(async (partition) => {
        for (const batch of partition) await warehouse.insertEvents(batch);
      }),
    ),
  );
  await checkRows(warehouse, rows);
  await warehouse.close();
  return seconds;
}

async function wholePipeline(records: readonly NewRecord[], context: Folders): Promise<number> {
  const { clock } = context;
  const [eventLog, warehouse] = await Promise.all([openFreshLog(context), openFreshWarehouse(context)]);
  const sink = createSink({ eventLog, warehouse, clock: clock satisfies Clock, log: silentLog });
  await sink.start();
  const { seconds } = await timed(clock, async () => {
    await appendAll(eventLog, records);
    await sink.caughtUp();
  });
  await checkRows(warehouse, records.length);
  await sink.close();
  await Promise.all([eventLog.close(), warehouse.close()]);
  return seconds;
}

async function measurePipeline(context: BenchContext): Promise<Figure[]> {
  const { options, say } = context;
  const records = makeRatingEvents(options.events, createRng(1));
  const bytes = records.reduce((sum, { value }) => sum + value.length, 0);
  const batches = batchesOf(records);
  const seconds = { log: [] as number[], warehouse: [] as number[], pipeline: [] as number[] };
  for (let round = 0; round < options.rounds; round++) {
    context.signal.throwIfAborted();
    say(`import: ${number(options.events)} events of ${Math.round(bytes / records.length)} bytes, run ${round + 1}`);
    seconds.log.push(await logAlone(records, context));
    seconds.warehouse.push(await warehouseAlone(batches, records.length, context));
    seconds.pipeline.push(await wholePipeline(records, context));
  }
  const rates = (runs: readonly number[]) => runs.map((run) => options.events / run);
  const limits = {
    "log alone": median(rates(seconds.log)),
    "warehouse alone": median(rates(seconds.warehouse)),
  };
  const [slower, slowerRate] = Object.entries(limits).sort(([, a], [, b]) => a - b)[0]!;
  const pipeline = rates(seconds.pipeline);
  const goal = SHARE_GOAL * slowerRate;
  return [
    { name: "log alone", value: limits["log alone"], unit: "events/s", runs: rates(seconds.log) },
    { name: "warehouse alone", value: limits["warehouse alone"], unit: "events/s", runs: rates(seconds.warehouse) },
    {
      name: "log → sink → warehouse",
      value: median(pipeline),
      unit: "events/s",
      runs: pipeline,
      beside: { name: slower, value: slowerRate },
      goal: { text: `≥ ${SHARE_GOAL * 100}% of the slower`, met: median(pipeline) >= goal },
    },
  ];
}

const lower = (name: string, runs: readonly number[]): Figure => ({ name, value: median(runs), unit: "s", runs });

async function measureWholeWay(context: BenchContext): Promise<Figure[]> {
  const runs: {
    readonly imported: Awaited<ReturnType<typeof importMovieLens>>;
    readonly trained: Awaited<ReturnType<typeof train>>;
  }[] = [];
  for (let round = 0; round < context.options.rounds; round++) {
    context.say(`import: MovieLens 1M, file → every list published, run ${round + 1}`);
    const folder = context.freshFolder("whole-way");
    const imported = await importMovieLens(folder, context);
    const trained = await train(folder, context);
    assert(imported.answer.events === imported.answer.rows, "every row of the file is one event");
    assert(trained.answer.lists === imported.answer.profiles, "every viewer has a list");
    runs.push({ imported, trained });
  }
  const whole = runs.map(({ imported, trained }) => imported.seconds + trained.seconds);
  const gorseSeconds = GORSE.importSeconds + GORSE.listsSeconds;
  const stageNames = runs[0]!.trained.answer.stages.map(({ stage }) => stage);
  const stageSeconds = (stage: string) =>
    runs.map(({ trained }) => (trained.answer.stages.find((one) => one.stage === stage)?.durationMs ?? 0) / 1000);
  const used = (command: "imported" | "trained"): Figure[] =>
    PARTS.flatMap((part) => {
      const usages = runs.map((run) => run[command].usage[part]).filter((usage) => usage !== undefined);
      if (usages.length === 0) return [];
      const name = command === "imported" ? "import" : "train";
      const figure = (what: string, unit: string, values: readonly number[]): Figure => ({
        name: `${name}: ${what}, ${part}`,
        value: median(values),
        unit,
        runs: values,
      });
      return [
        figure(
          "processor time",
          "s",
          usages.map(({ processorSeconds }) => processorSeconds),
        ),
        figure(
          "peak memory",
          "MiB",
          usages.map(({ peakMiB }) => peakMiB),
        ),
      ];
    });
  return [
    {
      ...lower("MovieLens 1M: file → every list published", whole),
      beside: { name: "Gorse 0.5.11 (before)", value: gorseSeconds },
      goal: { text: `≤ ${WHOLE_WAY_SECONDS_GOAL} s`, met: median(whole) <= WHOLE_WAY_SECONDS_GOAL },
    },
    {
      ...lower(
        "import: the whole command",
        runs.map(({ imported }) => imported.seconds),
      ),
      beside: { name: "Gorse's import (before)", value: GORSE.importSeconds },
    },
    lower(
      "import: rows into log and database",
      runs.map(({ imported }) => imported.answer.elapsedMs / 1000),
    ),
    {
      ...lower(
        "train: the whole command",
        runs.map(({ trained }) => trained.seconds),
      ),
      beside: { name: "Gorse until all lists (before)", value: GORSE.listsSeconds },
    },
    ...stageNames.map((stage) => lower(`train: ${stage}`, stageSeconds(stage))),
    ...used("imported"),
    ...used("trained"),
  ];
}

async function run(context: BenchContext): Promise<Outcome> {
  const pipeline = await measurePipeline(context);
  const wholeWay = await measureWholeWay(context);
  return {
    figures: [...pipeline, ...wholeWay],
    notes: [
      "The pipeline: appends of 20,000 rating events, each waited for, the sink beside them; its clock stops when the sink has caught up, and the rows are counted.",
      "The whole way is the sum of two commands in fresh processes (`import movielens`, `train`): PostgreSQL and the warehouse are made, opened and closed in it, and the model is evaluated. What is between a command and its stages is that.",
      "Gorse was measured before, on a machine of this kind, not in this run.",
    ],
  };
}

export const importBench: Bench = {
  name: "import",
  about: "events/s through log → sink → warehouse beside both alone; MovieLens 1M from file to every list",
  run,
};
