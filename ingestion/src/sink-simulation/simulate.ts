/**
 * One run of the sink against a model of its world, decided by a seed: the real sink code, several processes of it, a log
 * with a group, and a warehouse (`model-warehouse.ts`). Nothing happens by itself: every request of a sink waits in a list
 * until the scheduler picks it, and then it succeeds, fails before its effect, fails behind it, stops in its middle, or is
 * told to have timed out and lands at any later time, also when its process is long gone. Between two requests a process
 * may be killed, frozen, thawed or closed, partitions change hands, parts merge, clients send again, the warehouse goes
 * away or is restored from an older backup, and the group's positions are lost or moved. Then the faults end, everything
 * must come to rest, and the answers must be those of the log read the plain way; what lands even later changes none.
 *
 * What is asked all the time: behind a position of the warehouse every record is a row that its aggregates count, or a dead
 * letter; and the group moves only behind that position.
 */
import type { Clock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import type { LogRecord, RecordBatch, SubscriptionOptions } from "@thewatcher/stores/event-log/port";
import type { EventReader } from "../follow.ts";
import { createSink, type SinkDeps } from "../sink.ts";
import {
  type Answers,
  createModelWarehouse,
  decodeEvent,
  encodeEvent,
  expectedAnswers,
  type ModelEvent,
  nameOf,
  type Snapshot,
  type WarehouseFlaws,
} from "./model-warehouse.ts";

/** Small, so that a run cuts batches. */
const INSERT_ROWS = 4;
const PARTITIONS = [
  { topic: "behaviour", partition: 0 },
  { topic: "behaviour", partition: 1 },
  { topic: "stated", partition: 0 },
  { topic: "erasures", partition: 0 },
] as const;
const PROCESSES_MAX = 3;
/** A calm run needs some four steps a record. More is a sink that goes round in circles. */
const REST_STEPS_MAX = 6_000;
const EPOCH = Date.UTC(2026, 0, 1);

export interface SimulationOptions {
  readonly seed: number;
  /** The step at which it happens for certain. */
  readonly force?: { readonly step: number; readonly kind: "crash" | "rebalance" };
  /** Default: the real one. Others are there to be caught. */
  readonly createSink?: (deps: SinkDeps) => EventReader;
  readonly warehouseFlaws?: WarehouseFlaws;
  /** A reader that forgets to deduplicate. */
  readonly readsRaw?: boolean;
}

export interface SimulationOutcome {
  readonly steps: number;
  readonly events: number;
  readonly violations: readonly string[];
  /** What happened, in order. */
  readonly trace: readonly string[];
}

interface Process {
  readonly id: number;
  readonly subscriptions: Map<string, SubscriptionOptions>;
  readonly closers: (() => void)[];
  sink: EventReader | undefined;
  isFrozen: boolean;
  isGone: boolean;
  isClosing: boolean;
  handling: number;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly name: string;
  readonly records: LogRecord[];
  owner: Process | undefined;
  consumer: Consumer | undefined;
}

interface Consumer {
  phase: "new" | "asking" | "idle" | "handling";
  next: number;
  held: RecordBatch | undefined;
}

interface Request {
  readonly process: Process;
  readonly to: "warehouse" | "log";
  /** It says how far a partition is. */
  readonly isWord: boolean;
  readonly label: string;
  stages: readonly (() => void)[];
  succeed(): void;
  fail(error: Error): void;
}

/** What this run is like: each seed has a world of its own, calm or wild. */
function characterOf(rng: ReturnType<typeof createRng>) {
  const oneOf = (...values: number[]): number => values[rng.int(values.length)]!;
  return {
    steps: 60 + rng.int(140),
    faults: oneOf(0, 0.1, 0.3, 0.6),
    crash: oneOf(0, 0.5, 2),
    rebalance: oneOf(0, 0.5, 3),
    freeze: oneOf(0, 0.5, 2),
    close: oneOf(0, 0.3),
    restore: oneOf(0, 0, 0.3),
    away: oneOf(0, 0, 0.5),
    movesGroup: oneOf(0, 0, 0.3),
    /** A broker refuses the commit of an owner that is none any more; another takes it. */
    fences: rng.int(2) === 0,
    /** A log that begins at the group's position where the sink's own store could not be asked. */
    forgetsToAsk: rng.int(4) === 0,
    /** A batch that failed comes again as it was, or is read anew. */
    holdsBatches: rng.int(2) === 0,
    undecodable: oneOf(0, 0.1, 0.3),
  };
}

export async function simulate(options: SimulationOptions): Promise<SimulationOutcome> {
  const rng = createRng(options.seed);
  const character = characterOf(rng);
  const warehouse = createModelWarehouse(rng, options.warehouseFlaws);
  const places: Place[] = PARTITIONS.map((at) => ({
    ...at,
    name: nameOf(at),
    records: [],
    owner: undefined,
    consumer: undefined,
  }));
  const group = new Map<string, number>();
  const letters: string[] = [];
  const events: { place: Place; value: Uint8Array }[] = [];
  const requests: Request[] = [];
  let late: Pick<Request, "label" | "isWord" | "stages">[] = [];
  const snapshots: { readonly snapshot: Snapshot; readonly isWhole: boolean }[] = [];
  const violations: string[] = [];
  const trace: string[] = [];
  let processes: Process[] = [];
  let made = 0;
  let restores = 0;
  let moves = 0;
  let isAway = false;
  let calm = false;
  let steps = 0;
  let now = EPOCH;
  const clock: Clock = { now: () => now, monotonicMs: () => now, sleep: () => Promise.reject(new Error("no sleep")) };
  const say = (text: string) => void trace.push(`${steps}: ${text}`);
  const violated = (text: string) => {
    say(`VIOLATION ${text}`);
    violations.push(text);
  };
  const chance = (probability: number) => rng.next() < probability;

  // --- what a process asks of its world ---

  function request<Value>(
    process: Process,
    to: Request["to"],
    label: string,
    stages: readonly (() => void)[],
    answer: () => Value,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (process.isGone) return;
      const succeed = () => {
        try {
          resolve(answer());
        } catch (error) {
          reject(error);
        }
      };
      const isWord = label.startsWith("says ");
      requests.push({ process, to, isWord, label: `p${process.id} ${label}`, stages, succeed, fail: reject });
    });
  }

  function checkPosition(name: string, from: number, to: number): void {
    const { records } = places.find((place) => place.name === name)!;
    for (let offset = from; offset < to; offset++) {
      const event = decodeEvent(records[offset]!.value);
      const isIn = event
        ? warehouse.has(name, offset) && warehouse.counts(event)
        : letters.includes(`${name}/${offset}`);
      if (!isIn) violated(`${name} is said to be at ${to}, but the record at ${offset} is missing`);
    }
  }

  function depsOf(process: Process): SinkDeps {
    return {
      clock,
      log: silentLog,
      insertRowsMax: INSERT_ROWS,
      warehouse: {
        insertEvents(batch) {
          const { stages, undecodable } = warehouse.insert(batch);
          const label = `inserts ${nameOf(batch)} ${batch.records[0]!.offset}–${batch.records.at(-1)!.offset}`;
          const inserted = batch.records.length - undecodable.length;
          return request(process, "warehouse", label, stages, () => ({ inserted, undecodable }));
        },
        advance(range) {
          let reached = 0;
          const name = nameOf(range);
          const look = () => {
            const before = warehouse.position(name);
            reached = warehouse.advance(range);
            checkPosition(name, before, warehouse.position(name));
          };
          const label = `says ${name} ${range.fromOffset}–${range.nextOffset}`;
          return request(process, "warehouse", label, [look], () => reached);
        },
        positions() {
          const answer = () =>
            [...warehouse.positions()].map(([name, nextOffset]) => {
              const { topic, partition } = places.find((place) => place.name === name)!;
              return { topic, partition, nextOffset };
            });
          return request(process, "warehouse", "asks for positions", [], answer);
        },
      },
      eventLog: {
        append(topic, records) {
          const keep = () => {
            for (const { value } of records) {
              const { record } = JSON.parse(String(value));
              letters.push(`${nameOf(record)}/${record.offset}`);
            }
          };
          return request(process, "log", `appends ${records.length} to ${topic}`, [keep], () =>
            records.map((_, offset) => ({ partition: 0, offset })),
          );
        },
        bounds(topic) {
          const own = places.filter((place) => place.topic === topic);
          return request(process, "log", `bounds of ${topic}`, [], () =>
            own.map(({ partition, records }) => ({ partition, firstOffset: 0, nextOffset: records.length })),
          );
        },
        read({ topic, partition, fromOffset, recordsMax }) {
          const { records } = places.find((place) => place.topic === topic && place.partition === partition)!;
          return request(process, "log", `reads ${topic}/${partition} from ${fromOffset}`, [], () =>
            records.slice(fromOffset, fromOffset + recordsMax),
          );
        },
        async subscribe(subscription) {
          process.subscriptions.set(subscription.topic, subscription);
          return {
            lag: async () => 0,
            caughtUp: async () => undefined,
            close: () =>
              new Promise((resolve) => {
                if (process.handling === 0) resolve();
                else process.closers.push(resolve);
              }),
          };
        },
      },
    };
  }

  // --- the log's side of a group ---

  async function startProcess(): Promise<void> {
    const process: Process = {
      id: made++,
      subscriptions: new Map(),
      closers: [],
      sink: undefined,
      isFrozen: false,
      isGone: false,
      isClosing: false,
      handling: 0,
    };
    process.sink = (options.createSink ?? createSink)(depsOf(process));
    await process.sink.start();
    processes.push(process);
    say(`p${process.id} starts`);
    rebalance();
  }

  function rebalance(): void {
    const open = processes.filter(({ isClosing }) => !isClosing);
    const takesAllAnew = chance(0.5);
    const owners: string[] = [];
    for (const place of places) {
      const owner = open.length === 0 ? undefined : open[rng.int(open.length)];
      if (owner) owners.push(`${place.name} p${owner.id}`);
      if (owner === place.owner && !takesAllAnew && place.consumer) continue;
      place.owner = owner;
      place.consumer = owner ? { phase: "new", next: 0, held: undefined } : undefined;
    }
    say(`partitions go to ${owners.join(", ") || "nobody"}`);
  }

  function take(place: Place, process: Process, consumer: Consumer): void {
    const committed = () => group.get(place.name) ?? 0;
    const begin = (own: number | undefined) => {
      if (place.consumer !== consumer) return;
      consumer.next = Math.min(committed(), own ?? committed());
      consumer.phase = "idle";
      say(`p${process.id} takes ${place.name} at ${consumer.next}`);
    };
    consumer.phase = "asking";
    const { resumeAt } = process.subscriptions.get(place.topic)!;
    if (!resumeAt || (character.forgetsToAsk && !calm)) {
      begin(undefined);
      return;
    }
    resumeAt(place.partition).then(begin, () => {
      if (place.consumer === consumer) consumer.phase = "new";
    });
  }

  function deliver(place: Place, process: Process, consumer: Consumer): void {
    const records =
      consumer.held?.records ?? place.records.slice(consumer.next, consumer.next + 1 + rng.int(INSERT_ROWS));
    const batch: RecordBatch = { topic: place.topic, partition: place.partition, records };
    const nextOffset = records.at(-1)!.offset + 1;
    const restoresBefore = restores;
    const { handle, onError } = process.subscriptions.get(place.topic)!;
    consumer.phase = "handling";
    process.handling++;
    const isCurrent = () => place.consumer === consumer;
    const commit = () => {
      if (!isCurrent() && character.fences) return;
      if (restores === restoresBefore && nextOffset > warehouse.position(place.name)) {
        violated(
          `the group moves to ${nextOffset} in ${place.name}, the warehouse is at ${warehouse.position(place.name)}`,
        );
      }
      group.set(place.name, nextOffset);
    };
    handle(batch)
      .then(() => request(process, "log", `commits ${place.name} ${nextOffset}`, [commit], () => undefined))
      .then(
        () => {
          consumer.next = nextOffset;
          consumer.held = undefined;
        },
        (error) => {
          consumer.held = character.holdsBatches ? batch : undefined;
          onError?.(error, { topic: place.topic, partition: place.partition, firstOffset: records[0]!.offset });
        },
      )
      .then(() => {
        consumer.phase = "idle";
        if (--process.handling === 0) for (const close of process.closers.splice(0)) close();
      });
  }

  // --- what happens ---

  function settle(index: number): void {
    const [taken] = requests.splice(index, 1);
    const own = taken!;
    const run = (stages: readonly (() => void)[]) => {
      for (const stage of stages) stage();
    };
    if (own.process.isFrozen) {
      // The server goes on; the answer waits in the socket.
      run(own.stages);
      say(`${own.label}: done, and its process is frozen`);
      own.stages = [];
      requests.push(own);
      return;
    }
    if (!calm && isAway && own.to === "warehouse") {
      say(`${own.label}: the warehouse is away`);
      own.fail(new Error("the warehouse is away"));
      return;
    }
    if (calm || !chance(character.faults)) {
      say(own.label);
      run(own.stages);
      own.succeed();
      return;
    }
    const kind = rng.int(4);
    const cut = rng.int(own.stages.length + 1);
    if (kind === 0) say(`${own.label}: fails before its effect`);
    if (kind === 1) {
      say(`${own.label}: fails behind its effect`);
      run(own.stages);
    }
    if (kind === 2) {
      say(`${own.label}: stops after ${cut} of ${own.stages.length} parts`);
      run(own.stages.slice(0, cut));
    }
    if (kind === 3) {
      say(`${own.label}: times out, and will land`);
      if (own.stages.length > 0) late.push(own);
    }
    own.fail(new Error("a fault"));
  }

  function land(): void {
    const [landing] = late.splice(rng.int(late.length), 1);
    say(`${landing!.label}: lands late`);
    for (const stage of landing!.stages) stage();
  }

  function crash(process: Process): void {
    say(`p${process.id} is killed`);
    end(process);
    rebalance();
  }

  function end(process: Process): void {
    process.isGone = true;
    processes = processes.filter((other) => other !== process);
    for (let i = requests.length - 1; i >= 0; i--) {
      const own = requests[i]!;
      if (own.process !== process) continue;
      requests.splice(i, 1);
      // Sent and on its way, or never sent.
      if (own.stages.length > 0 && chance(0.5)) late.push(own);
    }
  }

  function close(process: Process): void {
    say(`p${process.id} closes`);
    process.isClosing = true;
    void process.sink!.close().then(() => {
      if (!process.isGone) end(process);
    });
    rebalance();
  }

  function restore(): void {
    const { snapshot, isWhole } = snapshots[rng.int(snapshots.length)]!;
    restores++;
    warehouse.restore(snapshot);
    say(`the warehouse is restored${isWhole ? "" : ", and the sinks are started again"}`);
    // The server was started anew: no word from before is under way to it. Inserts may be, wherever they waited.
    late = late.filter(({ isWord }) => !isWord);
    for (const own of requests.filter(({ isWord }) => isWord)) {
      requests.splice(requests.indexOf(own), 1);
      own.fail(new Error("the server was restored"));
    }
    // The rule: sinks are started again behind a restore. It can be broken only by those that were not stopped between
    // rows and word, where the backup holds no half of an insert.
    for (const process of processes.filter(({ isFrozen }) => isFrozen || !isWhole)) crash(process);
    late = late.filter(({ isWord }) => !isWord);
  }

  function appendEvent(place: Place): void {
    const offset = place.records.length;
    const n = events.length;
    let value: Uint8Array;
    if (chance(character.undecodable)) value = Buffer.from(`no event ${n}`);
    else {
      const event: ModelEvent = {
        eventId: `e${n}`,
        titleId: `t${rng.int(3)}`,
        // Late, early and out of order.
        month: rng.int(3),
        at: rng.int(1_000),
      };
      value = encodeEvent(event);
    }
    events.push({ place, value });
    place.records.push({ offset, key: "p-1", value });
  }

  /** A client that did not hear the answer. */
  function appendAgain(): void {
    const { place, value } = events[rng.int(events.length)]!;
    place.records.push({ offset: place.records.length, key: "p-1", value });
  }

  const isActive = (process: Process | undefined): process is Process =>
    !!process && !process.isFrozen && !process.isGone;

  /** Everything that may happen next, with its weight. */
  function possible(): { readonly weight: number; run(): unknown }[] {
    const choices: { weight: number; run(): unknown }[] = [];
    const add = (weight: number, run: () => unknown) => {
      if (weight > 0) choices.push({ weight, run });
    };
    if (requests.length > 0) add(12, () => settle(rng.int(requests.length)));
    for (const place of places) {
      const { owner, consumer } = place;
      if (!isActive(owner) || !consumer) continue;
      if (consumer.phase === "new") add(2, () => take(place, owner, consumer));
      if (consumer.phase === "idle" && consumer.next < place.records.length) {
        add(3, () => deliver(place, owner, consumer));
      }
    }
    if (calm) return choices;
    add(2, () => appendEvent(places[rng.int(places.length)]!));
    if (events.length > 0) add(0.5, appendAgain);
    if (late.length > 0) add(0.7, land);
    add(1, () => warehouse.merge());
    const open = processes.filter(({ isClosing }) => !isClosing);
    if (processes.length < PROCESSES_MAX) add(open.length === 0 ? 6 : 1, startProcess);
    if (processes.length > 0) {
      const any = () => processes[rng.int(processes.length)]!;
      add(character.crash, () => crash(any()));
      add(character.freeze, () => {
        const process = any();
        process.isFrozen = !process.isFrozen;
        say(`p${process.id} is ${process.isFrozen ? "frozen" : "thawed"}`);
        // Its session with the broker ends, and others take over.
        if (process.isFrozen && chance(0.7)) rebalance();
      });
      if (open.length > 0) add(character.close, () => close(open[rng.int(open.length)]!));
    }
    add(character.rebalance, rebalance);
    add(character.away, () => {
      isAway = !isAway;
      say(isAway ? "the warehouse goes away" : "the warehouse is back");
    });
    if (character.restore > 0) {
      if (snapshots.length < 3) {
        add(1, () => snapshots.push({ snapshot: warehouse.snapshot(), isWhole: warehouse.isWhole() }));
      }
      if (snapshots.length > 0 && restores < 2) add(character.restore, restore);
    }
    add(character.movesGroup, () => {
      const place = places[rng.int(places.length)]!;
      moves++;
      group.set(place.name, rng.int(place.records.length + 1));
      say(`someone moves the group in ${place.name} to ${group.get(place.name)}`);
    });
    return choices;
  }

  async function step(): Promise<boolean> {
    const choices = possible();
    if (choices.length === 0) return false;
    let left = rng.next() * choices.reduce((sum, { weight }) => sum + weight, 0);
    let chosen = 0;
    while (chosen < choices.length - 1 && left >= choices[chosen]!.weight) left -= choices[chosen++]!.weight;
    await choices[chosen]!.run();
    steps++;
    now += 1_000;
    // Whatever follows from it by itself has happened when the event loop comes round.
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }

  async function comeToRest(): Promise<void> {
    for (const process of processes) process.isFrozen = false;
    if (processes.every(({ isClosing }) => isClosing)) await startProcess();
    for (let i = 0; ; i++) {
      if (!(await step())) break;
      if (i > REST_STEPS_MAX) {
        violated("it does not come to rest");
        return;
      }
    }
    for (const { name, records, consumer } of places) {
      // Moved back by someone, or by an old owner whose word the broker took: its reader has gone on all the same.
      const reached = (character.fences && moves === 0 ? group.get(name) : consumer?.next) ?? 0;
      if (reached !== records.length) violated(`the group stopped at ${reached} of ${records.length} in ${name}`);
    }
  }

  function checkAnswers(when: string): Answers {
    const expected = expectedAnswers(new Map(places.map(({ name, records }) => [name, records])));
    const found = warehouse.answers();
    const same = (what: string, own: unknown, wanted: unknown) => {
      const [a, b] = [JSON.stringify(own), JSON.stringify(wanted)];
      if (a !== b) violated(`${when}: ${what} are ${a}, the log says ${b}`);
    };
    same("rows", found.rows, expected.rows);
    same("distinct events", found.distinctEvents, expected.distinctEvents);
    same("aggregates", found.aggregates, expected.aggregates);
    same("dead letters", [...new Set(letters)].sort(), expected.undecodable);
    const ends = places.map(({ name, records }) => `${name} ${records.length}`);
    same(
      "positions",
      places.map(({ name }) => `${name} ${warehouse.position(name)}`),
      ends,
    );
    if (options.readsRaw) {
      same("raw rows", found.rawRows, expected.rows.length);
      same("raw sums", found.rawContributions, expected.rows.length);
    }
    return found;
  }

  await startProcess();
  for (let i = 0; i < character.steps && violations.length === 0; i++) {
    if (options.force?.step === i) {
      if (options.force.kind === "rebalance") rebalance();
      else for (const process of [...processes]) crash(process);
    }
    await step();
  }
  calm = true;
  isAway = false;
  say("the faults end");
  if (violations.length === 0) await comeToRest();
  const isBehind = () => places.some(({ name, records }) => warehouse.position(name) < records.length);
  if (violations.length === 0 && isBehind()) {
    if (restores === 0 && moves === 0) violated("the warehouse is behind, and nobody restored it");
    // Either way mends it: someone takes the partitions, or the next event comes.
    if (chance(0.5)) rebalance();
    else for (const place of places) appendEvent(place);
    await comeToRest();
    // The others kept what they had been told; only who takes a partition asks.
    if (isBehind()) {
      for (const place of places) place.consumer = place.owner && { phase: "new", next: 0, held: undefined };
      await comeToRest();
    }
  }
  if (violations.length === 0) {
    checkAnswers("at rest");
    for (let landed = late.length; landed > 0; landed--) {
      land();
      if (chance(0.5)) warehouse.merge();
    }
    checkAnswers("after what landed later");
    for (let i = 0; i < 10; i++) warehouse.merge();
    checkAnswers("after the merges");
  }
  return { steps, events: events.length, violations, trace };
}
