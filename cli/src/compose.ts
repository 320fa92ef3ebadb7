/**
 * The composition root of the one process: stores in, the whole cinema out. Everything runs here but the HTTP listeners,
 * so a command without a server (import, train, recommend…) takes the same way as `start`.
 */
import { createCatalogApi } from "@thewatcher/catalog-api/app";
import { createOutboxRelay } from "@thewatcher/catalog-api/outbox-relay";
import { allTopics, EVENT_TOPICS } from "@thewatcher/contracts/topics";
import { createGateway } from "@thewatcher/gateway/app";
import { createCollector } from "@thewatcher/ingestion/collector";
import type { EventReader } from "@thewatcher/ingestion/follow";
import { createProfileStateFold } from "@thewatcher/ingestion/profile-state-fold";
import { createSink } from "@thewatcher/ingestion/sink";
import type { Clock } from "@thewatcher/kit/clock";
import { createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import type { Lifecycle } from "@thewatcher/kit/lifecycle";
import type { Log } from "@thewatcher/kit/log";
import type { Rng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import { createServingApi } from "@thewatcher/serving-api/app";
import { createCatalogueHolder } from "@thewatcher/serving-api/catalogue-holder";
import { createItemTablesHolder } from "@thewatcher/serving-api/item-tables-holder";
import { createTrainer, type Trainer } from "@thewatcher/trainer/trainer";
import { askJson, catalogueSlices, createCall, type Service, statedCommands } from "./clients.ts";
import { examineStores, type StoreExamination } from "./examine.ts";
import { createCinemaMetrics } from "./metrics.ts";
import type { Stores } from "./open-stores.ts";
import { createProfileDirectory, readProfilesFrom } from "./profile-directory.ts";
import type { Settings } from "./settings.ts";

export interface Cinema {
  readonly stores: Stores;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly trainer: Trainer;
  readonly sink: EventReader;
  readonly profileStates: EventReader;
  world(): "demo" | "empty";
  /** The public door. */
  readonly gateway: { readonly fetch: Service };
  /** A service's question to serving, as JSON. */
  askServing(path: string): Promise<unknown>;
  /** A profile id, or an external id such as `ml-1m:42`. UserError where there is none. */
  resolveProfile(given: string): Promise<string>;
  /** Brings what serving holds in memory up to date now. */
  refresh(): Promise<void>;
  /** Distinct events in the warehouse. */
  countEvents(): Promise<number>;
  examine(): Promise<readonly StoreExamination[]>;
  readiness(): Promise<{ readonly ready: boolean; readonly stores: readonly StoreExamination[] }>;
  metrics(): Promise<string>;
}

/** An import alone in its folder: rows come in full inserts, and the last ones as soon as its end waits for them. */
const IMPORT_LINGER_MS = 30_000;

export async function composeCinema(
  deps: {
    readonly stores: Stores;
    readonly settings: Settings;
    readonly clock: Clock;
    readonly rng: Rng;
    readonly log: Log;
    readonly codeVersion: string;
    /**
     * Whether live states are kept while this is open. An import into a folder that nobody is served from leaves them to
     * whatever opens it next: they are a read model of the log, and folding a million rows beside the import costs it a
     * quarter of its time.
     */
    readonly foldsStates: boolean;
    readonly world: () => "demo" | "empty";
    readonly web?: { readonly root: string };
  },
  lifecycle: Lifecycle,
): Promise<Cinema> {
  const { stores, clock, log } = deps;
  const { eventLog, warehouse, recommendations, database, cache, objects } = stores;
  for (const topic of allTopics) await eventLog.ensureTopic(topic);

  const keys = generateTokenKeys();
  const signer = createTokenSigner({ privateKey: keys.privateKey, clock });
  const verifierOf = (audience: string) => createTokenVerifier({ publicKey: keys.publicKey, audience, clock });
  const logOf = (service: string): Log => log.child({ service });

  const services: { catalog?: Service; serving?: Service; ingestion?: Service } = {};
  const late = (name: keyof typeof services): Service => {
    const service = services[name];
    if (!service) throw new Error(`${name} is not composed yet`);
    return service;
  };
  const callCatalog = createCall(() => late("catalog"), "catalog", signer);
  const callServing = createCall(() => late("serving"), "serving", signer);

  const relay = lifecycle.own(
    "outbox relay",
    createOutboxRelay({ database, eventLog, clock, log: logOf("outbox-relay") }),
    (it) => it.close(),
  );
  const catalogApi = createCatalogApi({
    database,
    verifier: verifierOf("catalog"),
    clock,
    log: logOf("catalog"),
    onStated: relay.kick,
  });
  services.catalog = (request) => catalogApi.fetch(request);

  const watching = new AbortController();
  const catalogue = createCatalogueHolder({ fetchSlice: catalogueSlices(callCatalog), clock, log: logOf("serving") });
  const itemTables = createItemTablesHolder({ recommendations, objects, clock, log: logOf("serving") });
  const profiles = createProfileDirectory({ ...readProfilesFrom(database), clock });
  const servingApi = createServingApi({
    recommendations,
    itemTables,
    catalogue,
    profiles: profiles.find,
    verifier: verifierOf("serving"),
    clock,
    log: logOf("serving"),
  });
  services.serving = (request) => servingApi.fetch(request);

  const metrics = createCinemaMetrics();
  let known: { readonly titles: unknown; readonly ids: ReadonlySet<string> } = { titles: undefined, ids: new Set() };
  const knownTitle = (titleId: string): boolean | undefined => {
    const titles = catalogue.current();
    if (titles.length === 0) return undefined;
    if (known.titles !== titles) known = { titles, ids: new Set(titles.map(({ card }) => card.titleId)) };
    return known.ids.has(titleId);
  };
  const collector = createCollector({
    eventLog,
    verifier: verifierOf("ingestion"),
    stated: statedCommands(callCatalog),
    knownTitle,
    clock,
    log: logOf("ingestion"),
    metrics: metrics.collector,
  });
  services.ingestion = (request) => collector.fetch(request);

  const sink = lifecycle.own(
    "sink",
    createSink({
      eventLog,
      warehouse,
      clock,
      log: logOf("sink"),
      lingerMs: deps.foldsStates ? undefined : IMPORT_LINGER_MS,
    }),
    (it) => it.close(),
  );
  const profileStates = lifecycle.own(
    "profile states",
    createProfileStateFold({ eventLog, recommendations, clock, log: logOf("profile-state") }),
    (it) => it.close(),
  );
  await Promise.all([sink.start(), deps.foldsStates ? profileStates.start() : undefined]);

  const trainer = createTrainer({
    warehouse,
    recommendations,
    objects,
    database,
    clock,
    rng: deps.rng,
    log: logOf("trainer"),
    codeVersion: deps.codeVersion,
    onActivated: () => void itemTables.refresh(),
  });
  const gateway = createGateway({
    database,
    cache,
    signer,
    services: { catalog: services.catalog, serving: services.serving, ingestion: services.ingestion },
    ...(deps.web ? { web: deps.web } : {}),
    clock,
    log: logOf("gateway"),
    world: deps.world,
  });

  const refresh = async (): Promise<void> => {
    await Promise.all([catalogue.refresh(), itemTables.refresh(), profiles.preload()]);
  };
  await refresh();
  lifecycle.own("watches", [catalogue.watch(watching.signal), itemTables.watch(watching.signal)], async (watches) => {
    watching.abort();
    await Promise.all(watches);
  });

  const examine = () => examineStores(stores, deps.settings, clock);
  return {
    stores,
    settings: deps.settings,
    clock,
    log,
    trainer,
    sink,
    profileStates,
    world: deps.world,
    gateway: { fetch: (request) => gateway.fetch(request) },
    askServing: (path) => askJson(callServing, path),
    resolveProfile: (given) => resolveProfile(stores, given),
    refresh,
    countEvents: () => countEvents(stores),
    examine,
    async readiness() {
      const examined = await examine();
      return { ready: examined.every((store) => store.reachable), stores: examined };
    },
    metrics: () => metrics.render({ sink, profileStates }),
  };
}

async function resolveProfile({ database }: Stores, given: string): Promise<string> {
  const row = await database.kysely
    .selectFrom("profiles")
    .select("profile_id")
    .where((eb) => eb.or([eb("profile_id", "=", given), eb("external_id", "=", given)]))
    .executeTakeFirst();
  if (row) return row.profile_id;
  const some = await database.kysely
    .selectFrom("profiles")
    .select(["profile_id", "external_id"])
    .orderBy("profile_id")
    .limit(3)
    .execute();
  const examples = some.map((profile) => profile.external_id ?? profile.profile_id).join(", ");
  throw new UserError(
    `no profile ${JSON.stringify(given)}; a profile id or an external id is accepted${examples ? `, such as ${examples}` : " (there are no profiles yet)"}`,
  );
}

/** An event delivered twice counts once. Tombstones and what they erased are counted as they lie. */
async function countEvents({ warehouse }: Stores): Promise<number> {
  const rows = await warehouse.query<{ count: number }>(
    `SELECT toUInt32(uniqExact(eventId)) AS count FROM events WHERE topic IN (${EVENT_TOPICS.map((topic) => `'${topic}'`).join(", ")})`,
  );
  return rows[0]?.count ?? 0;
}
