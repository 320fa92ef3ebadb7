/** What the simulation has to catch: sinks, engines and readers that are wrong in one way each, and none of the others. */
import type { EventReader } from "../follow.ts";
import { createSink, type SinkDeps } from "../sink.ts";
import { nameOf } from "./model-warehouse.ts";
import type { SimulationOptions } from "./simulate.ts";

type Flaw = Omit<SimulationOptions, "seed" | "force">;

const broken = (change: (deps: SinkDeps) => Partial<SinkDeps>): Flaw => ({
  createSink: (deps): EventReader => createSink({ ...deps, ...change(deps) }),
});
const withWarehouse = (change: (warehouse: SinkDeps["warehouse"]) => Partial<SinkDeps["warehouse"]>): Flaw =>
  broken(({ warehouse }) => ({ warehouse: { ...warehouse, ...change(warehouse) } }));
const withLog = (change: (eventLog: SinkDeps["eventLog"]) => Partial<SinkDeps["eventLog"]>): Flaw =>
  broken(({ eventLog }) => ({ eventLog: { ...eventLog, ...change(eventLog) } }));

export const flaws: Readonly<Record<string, Flaw>> = {
  "the group moves before the rows are in": withLog(({ subscribe }) => ({
    subscribe: (subscription) =>
      subscribe({
        ...subscription,
        handle: async (batch) => void subscription.handle(batch).catch(() => undefined),
      }),
  })),

  "a batch that failed is passed over": withLog(({ subscribe }) => ({
    subscribe: (subscription) =>
      subscribe({ ...subscription, handle: (batch) => subscription.handle(batch).catch(() => undefined) }),
  })),

  "an insert that failed is taken for one that landed": withWarehouse(({ insertEvents }) => ({
    insertEvents: (batch) =>
      insertEvents(batch).catch(() => ({ inserted: batch.records.length, undecodable: [] as number[] })),
  })),

  "the warehouse's position moves before the dead letters are kept": broken(({ warehouse }) => ({
    warehouse: {
      ...warehouse,
      async insertEvents(batch) {
        const answer = await warehouse.insertEvents(batch);
        const fromOffset = batch.records[0]!.offset;
        const nextOffset = batch.records.at(-1)!.offset + 1;
        const { topic, partition } = batch;
        await warehouse.advance({ topic, partition, fromOffset, nextOffset, rows: answer.inserted });
        return answer;
      },
    },
  })),

  "dead letters are not kept": withLog(() => ({ append: async () => [] })),

  // As this sink had it: a batch that is read after a later one would find its letters "kept".
  "dead letters behind the highest one kept are taken for kept": broken(({ eventLog }) => {
    const highest = new Map<string, number>();
    return {
      eventLog: {
        ...eventLog,
        async append(topic, records) {
          const unkept = records.filter(({ value }) => {
            const { record } = JSON.parse(String(value));
            const name = nameOf(record);
            const isNew = record.offset > (highest.get(name) ?? -1);
            if (isNew) highest.set(name, record.offset);
            return isNew;
          });
          return unkept.length > 0 ? eventLog.append(topic, unkept) : [];
        },
      },
    };
  }),

  "the warehouse's own position is not looked at": broken(({ warehouse, eventLog }) => ({
    warehouse: {
      ...warehouse,
      advance: async (range) => {
        await warehouse.advance(range);
        return range.nextOffset;
      },
    },
    eventLog: {
      ...eventLog,
      subscribe: ({ resumeAt: _, ...subscription }) => eventLog.subscribe(subscription),
    },
  })),

  "what lies between is not filled": withWarehouse(({ advance }) => ({
    advance: async (range) => {
      await advance(range);
      return range.nextOffset;
    },
  })),

  "the warehouse believes what it is told of positions": { warehouseFlaws: { believesAdvance: true } },
  "the engine passes over blocks that it has seen, and the views with them": { warehouseFlaws: { blockWindow: 100 } },
  "a reader counts rows without looking whether they are copies": { readsRaw: true },
};
