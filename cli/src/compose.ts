/**
 * The composition root: stores in, a cinema out, or as much of it as a process has roles. The one process has them all,
 * and its services call each other's `fetch`; a process of the distributed mode has some, and calls the others over the
 * network. Everything runs here but the HTTP listeners, so a command without a server (import, train, recommend…) takes
 * the same way as `start`.
 */

import type { ServiceName } from "@thewatcher/contracts/identity";
import type { ProfileId } from "@thewatcher/contracts/ids";
import { SYNTHETIC_EVENT_TYPE } from "@thewatcher/contracts/synthetic";
import { EVENT_TOPICS, lastingTopics, topics } from "@thewatcher/contracts/topics";
import type { ComposePagesCall } from "@thewatcher/control-api/dry-run";
import { ARCHIVE_GROUP } from "@thewatcher/ingestion/archive/archive";
import type { SendStated } from "@thewatcher/ingestion/collector";
import type { KnownTitle } from "@thewatcher/ingestion/judge";
import { observeReaders, type ReaderProgress } from "@thewatcher/ingestion/observe-readers";
import { PROFILE_STATE_GROUP } from "@thewatcher/ingestion/profile-state-fold";
import { DECISION_SINK_GROUP, SINK_GROUP } from "@thewatcher/ingestion/sink";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import { createTokenSigner, createTokenVerifier, generateTokenKeys, tokenKeysOf } from "@thewatcher/kit/internal-token";
import type { Lifecycle } from "@thewatcher/kit/lifecycle";
import type { Log } from "@thewatcher/kit/log";
import type { Rng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import type { Trainer } from "@thewatcher/trainer/trainer";
import { type Askers, createAdmission } from "./admission.ts";
import { askJson, connectService, createCall, pagesComposedBy, type Service, statedCommands } from "./clients.ts";
import { examineStores, type StoreExamination } from "./examine.ts";
import { createCinemaMetrics } from "./metrics.ts";
import type { StoreName, Stores } from "./open-stores.ts";
import { lookRegularly } from "./regular-looks.ts";
import { composeCatalog } from "./roles/catalog.ts";
import { holdCatalogue } from "./roles/catalogue.ts";
import { composeControl } from "./roles/control.ts";
import { composeGateway } from "./roles/gateway.ts";
import { composeIngestion } from "./roles/ingestion.ts";
import type { RoleContext, RolePart } from "./roles/part.ts";
import { composeServing } from "./roles/serving.ts";
import { composeSink } from "./roles/sink.ts";
import type { RoleName } from "./roles/table.ts";
import { composeTitleFeatures } from "./roles/title-features.ts";
import { composeTrainer } from "./roles/trainer.ts";
import type { Settings } from "./settings.ts";
import { createSyntheticViewer } from "./synthetic-viewer.ts";

export interface Readiness {
  readonly ready: boolean;
  /** Why not; empty when ready. */
  readonly reasons: readonly string[];
  /** What it answers without. */
  readonly degraded: readonly string[];
  readonly stores: readonly StoreExamination[];
}

export interface Cinema {
  /** Those that the process opened. */
  readonly stores: Stores;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly trainer: Trainer;
  readonly sink: ReaderProgress;
  /** Of logged decisions into the warehouse. */
  readonly decisions: ReaderProgress;
  /** What was decided until now can be read: of this process, and of others as far as it is in the log. */
  decisionsReadable(signal: AbortSignal): Promise<void>;
  readonly profileStates: ReaderProgress;
  /** Waiting for it starts it, where this process does not archive all the time. */
  readonly archive: ReaderProgress;
  /** What a person stated, to its owner. */
  readonly sendStated: SendStated;
  readonly knownTitle: KnownTitle;
  world(): "demo" | "empty";
  /** The API of a role of this process. */
  api(role: RoleName): Service;
  /** The same as a listener has it: refused in part where there is too much to do. `askers`: who can reach the listener. */
  admit(service: Service, askers: Askers): Service;
  /** The public listener is at this address: what waited for it begins. */
  opened(url: string): Promise<void>;
  /** A service's question to serving, as JSON. */
  askServing(path: string): Promise<unknown>;
  /** Serving's pages that nobody is shown, for dry runs. */
  readonly composePages: ComposePagesCall;
  /** A profile id, or an external id such as `ml-1m:42`. UserError where there is none. */
  resolveProfile(given: string): Promise<string>;
  /** Brings what this process holds in memory up to date now. */
  refresh(): Promise<void>;
  /** Distinct events in the warehouse. */
  countEvents(): Promise<number>;
  examine(): Promise<readonly StoreExamination[]>;
  /** One event of the synthetic viewer, beside its turns; what came of it is in the metrics. Rejects where no page knew it. */
  react(): Promise<void>;
  readiness(): Promise<Readiness>;
  metrics(): Promise<string>;
}

export interface CinemaDeps {
  readonly roles: readonly RoleName[];
  readonly stores: Stores;
  /** Which of them the process has. */
  readonly storeNames: readonly StoreName[];
  /** Without one of these it is not ready. */
  readonly neededStores: readonly StoreName[];
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
  /** Whether the log is archived while this is open: by what stays, not by a command that ends. */
  readonly archives: boolean;
  readonly world: () => "demo" | "empty";
  readonly web?: { readonly root: string };
}

/** What has just started has readers to catch up with, and a warehouse to warm. */
const FIRST_LOOKS_AFTER_MS = 2 * 60_000;
/** Services of other processes come up in this time. */
const FIRST_REACTION_AFTER_MS = 60_000;

export async function composeCinema(deps: CinemaDeps, lifecycle: Lifecycle): Promise<Cinema> {
  const { roles, stores, settings, clock, log } = deps;
  const has = (role: RoleName): boolean => roles.includes(role);
  const keys = settings.internalKey === undefined ? generateTokenKeys() : tokenKeysOf(settings.internalKey);
  const signer = createTokenSigner({ privateKey: keys.privateKey, clock });

  const parts = new Map<RoleName, RolePart>();
  const remote = new Map<ServiceName, Service>();
  const serviceOf = (name: ServiceName): Service => {
    const here = parts.get(name)?.fetch;
    if (here) return here;
    assert(!has(name), "a service of this process is called after it is composed", () => name);
    const known = remote.get(name) ?? connectService(name, settings, { clock, lifecycle });
    remote.set(name, known);
    return known;
  };
  const context: RoleContext = {
    clock,
    lifecycle,
    logOf: (service) => log.child({ service }),
    verifierOf: (audience) => createTokenVerifier({ publicKey: keys.publicKey, audience, clock }),
    service: (name) => (request) => serviceOf(name)(request),
    call: (name) => createCall(() => serviceOf(name), name, signer),
  };

  const metrics = createCinemaMetrics();
  // Where the sink is alone, what it says of the catalogue's coverage and of new titles needs to be told where that is.
  const looksAtCatalogue = has("sink") && deps.archives && settings.catalogUrl !== undefined && settings.internalKey;
  const catalogue = has("serving") || has("ingestion") || looksAtCatalogue ? holdCatalogue(context) : undefined;
  // Where serving is another process, it believes what it read for up to a minute.
  const onProfiling = (profileId: ProfileId) => serving?.profileChanged(profileId);
  if (has("catalog"))
    parts.set("catalog", composeCatalog(stores, context, { settings, metrics: metrics.search, onProfiling }));
  const serving =
    has("serving") && catalogue
      ? composeServing(stores, context, catalogue, {
          settings,
          metrics: metrics.decisions,
          onGuard: metrics.guarded,
          onStalePage: metrics.stalePage,
          onRanker: metrics.ranker,
        })
      : undefined;
  if (serving) parts.set("serving", serving);
  if (has("control")) parts.set("control", composeControl(stores, context));
  if (has("ingestion") && catalogue)
    parts.set("ingestion", composeIngestion(stores, context, { catalogue, metrics: metrics.collector }));
  const readers = has("sink") ? composeSink(stores, context, { ...deps, onAudit: metrics.audited }) : undefined;
  if (readers) parts.set("sink", readers);
  const gateway = has("gateway")
    ? composeGateway(stores, context, { signer, settings, world: deps.world, ...(deps.web ? { web: deps.web } : {}) })
    : undefined;
  if (gateway) parts.set("gateway", gateway);
  const titleFeatures = composeTitleFeatures(stores, context);
  const trainer = composeTrainer(stores, context, {
    rng: deps.rng,
    codeVersion: deps.codeVersion,
    onActivated() {
      serving?.activated();
      titleFeatures.activated();
    },
  });

  /** The readers of this process know sooner; those of others are seen in the log. */
  const progressOf = (group: string, topicNames: readonly string[] = EVENT_TOPICS): ReaderProgress =>
    observeReaders({
      eventLog: {
        bounds: (topic) => stores.eventLog.bounds(topic),
        committed: (name, topic) => stores.eventLog.committed(name, topic),
      },
      group,
      topics: topicNames,
      advice: "start one that reads: `thewatcher start --roles=sink`",
      clock,
    });
  const sink = readers?.sink ?? progressOf(SINK_GROUP);
  const decisions = readers?.decisions ?? progressOf(DECISION_SINK_GROUP, [topics.decisions.name]);
  const profileStates = readers?.profileStates ?? progressOf(PROFILE_STATE_GROUP);
  const archivedTopics = lastingTopics.map(({ name }) => name);
  const archive = readers?.archive ?? progressOf(ARCHIVE_GROUP, archivedTopics);

  const refresh = async (): Promise<void> => {
    await Promise.all([catalogue?.refresh(), ...[...parts.values()].map((part) => part.refresh?.())]);
  };
  await Promise.all([refresh(), readers?.start?.()]);
  catalogue?.start();
  for (const part of parts.values()) if (part !== readers) await part.start?.();
  // By what stays, as the archive: a command that ends leaves no table behind that nobody asked for.
  if (has("sink") && deps.archives) {
    titleFeatures.publishRegularly();
    const { warehouse, objects, eventLog } = stores;
    const freshAt = serving?.titleFeatures.freshAt;
    const observations = metrics.observations({
      ...{ warehouse, objects, eventLog, clock },
      arrivals: () =>
        catalogue?.current().map(({ facts, addedAt }) => ({
          titleId: facts.titleId,
          addedAt: Date.parse(addedAt),
        })) ?? [],
      ...(freshAt ? { freshAt } : {}),
    });
    const ending = new AbortController();
    lifecycle.own("regular looks", ending, (it) => it.abort());
    void lookRegularly(
      observations.looks,
      { clock, rng: deps.rng.fork("looks"), firstAfterMs: FIRST_LOOKS_AFTER_MS, signal: ending.signal },
      {
        looked: observations.looked,
        failed(name, err) {
          observations.failed(name);
          log.child({ service: "observations" }).warn({ err, look: name }, "a look failed and will be tried again");
        },
      },
    );
  }

  const viewer = createSyntheticViewer({
    ingestion: context.call("ingestion"),
    serving: context.call("serving"),
    clock,
    rng: deps.rng.fork("synthetic viewer"),
    metrics: metrics.reaction,
  });
  /**
   * From the process with the public door, which calls the collector and serving, and from when it is open: what is loaded
   * before is nobody's wait. A command that ends measures nothing.
   */
  function watchReaction(): void {
    if (!has("gateway") || !deps.archives || settings.syntheticViewer === "off") return;
    const ending = new AbortController();
    lifecycle.own("synthetic viewer", ending, (it) => it.abort());
    void lookRegularly(
      [viewer],
      { clock, rng: deps.rng.fork("synthetic looks"), firstAfterMs: FIRST_REACTION_AFTER_MS, signal: ending.signal },
      {
        looked: () => undefined,
        failed(_name, err) {
          log.child({ service: "synthetic-viewer" }).warn({ err }, "an event of the synthetic viewer had no page");
        },
      },
    );
  }

  const admissionEnding = new AbortController();
  lifecycle.own("looks at the load", admissionEnding, (it) => it.abort());
  const admission = createAdmission({
    clock,
    rng: deps.rng.fork("admission"),
    metrics: metrics.admission,
    signal: admissionEnding.signal,
  });

  const examine = () => examineStores(deps.storeNames, stores, settings, clock);
  return {
    stores,
    settings,
    clock,
    log,
    trainer,
    sink,
    decisions,
    async decisionsReadable(signal) {
      await serving?.decisionsLogged();
      await decisions.caughtUp(signal);
    },
    profileStates,
    archive,
    sendStated: statedCommands(context.call("catalog")),
    knownTitle: catalogue?.knows ?? (() => undefined),
    world: deps.world,
    api(role) {
      const api = parts.get(role)?.fetch;
      assert(api, "the role is of this process and has an API", () => role);
      return api;
    },
    admit: (service, askers) => (settings.loadShedding === "on" ? admission.admit(service, askers) : service),
    async opened(url) {
      await gateway?.opened(url);
      watchReaction();
    },
    askServing: (path) => askJson(context.call("serving"), path),
    composePages: pagesComposedBy(context.call("serving")),
    resolveProfile: (given) => resolveProfile(stores, given),
    refresh,
    countEvents: () => countEvents(stores),
    examine,
    react: () => viewer.look(),
    async readiness() {
      const examined = await examine();
      const away = (isNeeded: boolean): string[] =>
        examined
          .filter(({ name, reachable }) => !reachable && deps.neededStores.includes(name) === isNeeded)
          .map(({ store, detail }) => `${store}: ${detail}`);
      const unready = [...parts.values()].flatMap((part) => part.unready?.() ?? []);
      const reasons = [...away(true), ...unready];
      return { ready: reasons.length === 0, reasons, degraded: away(false), stores: examined };
    },
    metrics: () =>
      metrics.render(
        deps.storeNames.includes("eventLog") ? { sink, decisions, profile_states: profileStates, archive } : {},
      ),
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
    `SELECT toUInt32(uniqExact(eventId)) AS count FROM events WHERE type != '${SYNTHETIC_EVENT_TYPE}' AND topic IN (${EVENT_TOPICS.map((topic) => `'${topic}'`).join(", ")})`,
  );
  return rows[0]?.count ?? 0;
}
