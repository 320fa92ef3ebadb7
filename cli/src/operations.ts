/**
 * What the command line does to a cinema, by name: run on the instance that owns the data folder (over its admin
 * listener), on one opened for the purpose, or over servers on the roles and stores that it names. Requests and answers
 * are plain JSON, so all ways are one.
 */

import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { CATALOGUE_FILE_BYTES_MAX, readCatalogueFile } from "@thewatcher/catalog-api/catalogue-file";
import { importCatalogue } from "@thewatcher/catalog-api/catalogue-import";
import { upsertTitles } from "@thewatcher/catalog-api/titles";
import { DRY_RUN_PROFILES_MAX, RuleSetVersion } from "@thewatcher/contracts/api/control";
import { RecommendationList } from "@thewatcher/contracts/api/serving";
import { DECISION_DAYS } from "@thewatcher/contracts/decisions";
import { Role } from "@thewatcher/contracts/identity";
import { Country, DecisionId, ProfileId } from "@thewatcher/contracts/ids";
import { DeadLetterCause } from "@thewatcher/contracts/topics/dead-letters";
import { listRuleSets } from "@thewatcher/control-api/rule-sets";
import { grantRole } from "@thewatcher/gateway/identity/grant";
import { createServiceToken } from "@thewatcher/gateway/service-tokens";
import { createSignInTicket } from "@thewatcher/gateway/sign-in-tickets";
import { HISTORY_SOURCES } from "@thewatcher/ingestion/archive/history";
import { auditWarehouse } from "@thewatcher/ingestion/audit";
import { listLetters, replayLetters, showLetter } from "@thewatcher/ingestion/dead-letters/replay-letters";
import { openInteractions } from "@thewatcher/ingestion/import/interactions";
import { openMovieLens } from "@thewatcher/ingestion/import/movielens";
import { type ImportSummary, runImport } from "@thewatcher/ingestion/import/run";
import type { ImportSource } from "@thewatcher/ingestion/import/source";
import { replay } from "@thewatcher/ingestion/replay/replay";
import { UserError } from "@thewatcher/kit/user-error";
import { explainDecision } from "@thewatcher/serving-api/explain";
import type { RecommendationListEntry } from "@thewatcher/stores/recommendations/port";
import { findDecision } from "@thewatcher/stores/warehouse/logged-decisions";
import type { TrainSummary } from "@thewatcher/trainer/trainer";
import { z } from "zod";
import type { Cinema } from "./compose.ts";
import { type Report, seconds, thousands } from "./console.ts";
import { STORE_NAMES, type StoreName, type Stores } from "./open-stores.ts";
import type { RoleName } from "./roles/table.ts";
import { dryRunRules, publishRules, rollBackRules, showRules } from "./rules-operations.ts";

export interface OperationContext {
  readonly cinema: Cinema;
  readonly report: (report: Report) => void;
  readonly signal: AbortSignal;
}

/** One operation: what it takes, checked where it runs, and what it does. */
interface Operation<Schema extends z.ZodType, Answer> {
  readonly request: Schema;
  /** Whether the cinema opened for this operation alone keeps live states; default: yes. */
  readonly foldsStates?: boolean;
  /** What it takes of a cinema over servers. */
  readonly needs: {
    readonly roles?: readonly RoleName[];
    readonly stores?: readonly StoreName[];
    readonly tolerant?: boolean;
  };
  run(request: z.output<Schema>, context: OperationContext): Promise<Answer>;
}
const operation = <Schema extends z.ZodType, Answer>(
  definition: Operation<Schema, Answer>,
): Operation<Schema, Answer> => definition;

/** The log to write to and to look how far its readers are, the owner's tables, and the count at the end. */
const IMPORT_STORES = ["eventLog", "database", "warehouse"] as const;

/** Letters in the log and its archive, and what became of them. */
const LETTER_STORES = ["eventLog", "objects", "database"] as const;
/** What a replay rebuilds, out of what, and its lock. */
const REPLAY_STORES = ["eventLog", "objects", "warehouse", "database"] as const;
const letterFilter = {
  cause: DeadLetterCause.optional(),
  since: z.number().optional(),
  profile: z.string().max(64).optional(),
};

/** A decision is readable a second behind its answer; on a busy machine, later. */
const DECISIONS_MS_MAX = 30_000;
/** SQL has no empty list. */
const NO_TITLE = [""];

const parameters = z.record(z.string(), z.unknown()).default({});

/** Who, in the audit trail. */
const by = z.string().min(1).max(100);
const rulesDeps = ({ stores, clock }: Cinema) => ({ database: stores.database, clock });

export const operations = {
  importMovielens: operation({
    foldsStates: false,
    needs: { stores: IMPORT_STORES },
    request: z.object({ folder: z.string(), source: z.string().optional(), country: Country, merge: z.boolean() }),
    async run(request, context) {
      const source = await openMovieLens(request.folder, {
        source: request.source,
        addedAt: context.cinema.clock.now(),
      });
      return importInto(source, request, context);
    },
  }),

  importInteractions: operation({
    foldsStates: false,
    needs: { stores: IMPORT_STORES },
    request: z.object({
      file: z.string(),
      source: z.string().optional(),
      country: Country,
      merge: z.boolean(),
      valuesAreStars: z.boolean(),
    }),
    async run(request, context) {
      const source = await openInteractions(request.file, request);
      return importInto(source, request, context);
    },
  }),

  train: operation({
    needs: { roles: ["trainer"] },
    request: z.object({ model: z.string(), parameters, seed: z.number().int(), evaluate: z.boolean() }),
    async run(request, { cinema, report, signal }): Promise<TrainSummary> {
      report({ stage: "bringing the warehouse up to date" });
      await cinema.sink.caughtUp(signal);
      return cinema.trainer.train({ ...request, progress: report, signal });
    },
  }),

  rankShard: operation({
    needs: { roles: ["trainer"] },
    request: z.object({
      model: z.string(),
      parameters,
      seed: z.number().int(),
      choose: z.boolean(),
      shard: z.object({ index: z.number().int().min(0), count: z.number().int().min(1) }),
      asOf: z.number(),
      file: z.string(),
    }),
    async run({ file, ...request }, { cinema, report, signal }) {
      await cinema.sink.caughtUp(signal);
      const { dataHash, profiles, entries } = await cinema.trainer.rankShard({ ...request, progress: report, signal });
      await writeLists(file, entries);
      return { file, dataHash, profiles, lists: entries.length, asOf: new Date(request.asOf).toISOString() };
    },
  }),

  importCatalogue: operation({
    foldsStates: false,
    needs: { stores: ["database"] },
    request: z.object({ file: z.string(), dryRun: z.boolean(), by: z.string().min(1).max(100) }),
    async run({ file, dryRun, by }, { cinema, report, signal }) {
      const rows = readCatalogueFile(basename(file), await readText(file, CATALOGUE_FILE_BYTES_MAX));
      return importCatalogue(cinema.stores.database, rows, {
        dryRun,
        editor: { name: by, at: new Date(cinema.clock.now()) },
        signal,
        onProgress: (done, total) =>
          report({
            stage: dryRun ? "comparing" : "importing",
            fraction: done / Math.max(1, total),
            detail: `${thousands(done)} of ${thousands(total)} titles`,
          }),
      });
    },
  }),

  audit: operation({
    needs: { stores: ["eventLog", "warehouse"] },
    request: z.object({ deep: z.boolean() }),
    run({ deep }, { cinema, report, signal }) {
      report({ stage: deep ? "comparing every record of the log with its row" : "comparing offsets" });
      const { eventLog, warehouse } = cinema.stores;
      return auditWarehouse({ eventLog, warehouse, clock: cinema.clock }, { deep, signal });
    },
  }),

  deadLettersList: operation({
    needs: { stores: LETTER_STORES },
    request: z.object({ ...letterFilter, limit: z.number().int().min(1).max(1_000) }),
    run: (request, { cinema }) => listLetters(cinema.stores, request),
  }),

  deadLettersShow: operation({
    needs: { stores: LETTER_STORES },
    request: z.object({ id: z.string().max(64) }),
    run: ({ id }, { cinema }) => showLetter(cinema.stores, id),
  }),

  deadLettersReplay: operation({
    needs: { roles: ["catalog", "ingestion"], stores: LETTER_STORES },
    request: z.object({
      ...letterFilter,
      ids: z.array(z.string().max(64)).max(1_000).optional(),
      mend: z.array(z.string()).max(50),
      dryRun: z.boolean(),
    }),
    run(request, { cinema, report, signal }) {
      const { stores, clock, knownTitle } = cinema;
      const onProgress = (done: number) => report({ stage: "replaying", detail: `${thousands(done)} letters` });
      const deps = { ...pickStores(stores, LETTER_STORES), clock, knownTitle, stated: cinema.sendStated };
      return replayLetters(deps, { ...request, signal, onProgress });
    },
  }),

  replay: operation({
    needs: { stores: REPLAY_STORES },
    request: z.object({
      from: z.number(),
      to: z.number(),
      source: z.enum(HISTORY_SOURCES),
      dryRun: z.boolean(),
    }),
    run(request, { cinema, report, signal }) {
      const { stores, clock, log } = cinema;
      return replay(
        { ...pickStores(stores, REPLAY_STORES), clock, log, archiveCaughtUp: () => cinema.archive.caughtUp(signal) },
        {
          ...request,
          signal,
          onProgress: ({ stage, recordsDone, recordsTotal = 0 }) =>
            report(
              recordsDone === undefined
                ? { stage }
                : {
                    stage,
                    fraction: recordsDone / Math.max(1, recordsTotal),
                    detail: `${thousands(recordsDone)} of ${thousands(recordsTotal)} records`,
                  },
            ),
        },
      );
    },
  }),

  recommend: operation({
    needs: { roles: ["catalog", "serving", "control"] },
    request: z.object({ profile: z.string(), count: z.number().int().min(1).max(100) }),
    async run({ profile, count }, { cinema }) {
      const profileId = await cinema.resolveProfile(profile);
      const path = `/api/v1/profiles/${encodeURIComponent(profileId)}/recommendations?n=${count}`;
      return RecommendationList.parse(await cinema.askServing(path));
    },
  }),

  explain: operation({
    needs: { stores: ["eventLog", "warehouse", "database"] },
    request: z.object({ decisionId: DecisionId }),
    async run({ decisionId }, { cinema, report, signal }) {
      const { warehouse, database } = cinema.stores;
      let record = await findDecision(warehouse, decisionId);
      if (!record) {
        report({ stage: "waiting for what was decided just now" });
        const late = AbortSignal.timeout(DECISIONS_MS_MAX);
        await cinema.decisionsReadable(AbortSignal.any([signal, late])).catch((error: unknown) => {
          if (!late.aborted) throw error;
        });
        record = await findDecision(warehouse, decisionId);
      }
      if (!record)
        throw new UserError(
          `no decision ${decisionId} is logged; they are kept ${DECISION_DAYS} days, and go with their profile. The answer to a page or a list names its own as decisionId`,
        );
      const names = await database.kysely
        .selectFrom("titles")
        .select(["title_id", "name"])
        .where("title_id", "in", [...record.titleIds, ...record.history.titleIds, ...NO_TITLE])
        .execute();
      return {
        ...explainDecision(record),
        names: Object.fromEntries(names.map(({ title_id, name }) => [title_id, name])),
      };
    },
  }),

  rulesList: operation({
    needs: { stores: ["database"] },
    request: z.object({ before: RuleSetVersion.optional() }),
    run: (request, { cinema }) => listRuleSets(cinema.stores.database, request),
  }),

  rulesShow: operation({
    needs: { stores: ["database"] },
    request: z.object({ version: RuleSetVersion.optional() }),
    run: ({ version }, { cinema }) => showRules(rulesDeps(cinema), version),
  }),

  rulesDryRun: operation({
    needs: { roles: ["catalog", "serving", "control"] },
    request: z.object({
      file: z.string(),
      profiles: z.number().int().min(1).max(DRY_RUN_PROFILES_MAX),
      seed: z.number().int().min(0),
    }),
    run: (request, { cinema, report }) =>
      dryRunRules({ ...rulesDeps(cinema), composePages: cinema.composePages }, request, report),
  }),

  rulesPublish: operation({
    needs: { stores: ["database"] },
    request: z.object({ file: z.string(), note: z.string().max(1_000), by }),
    run: (request, { cinema }) => publishRules(rulesDeps(cinema), request),
  }),

  rulesRollback: operation({
    needs: { stores: ["database"] },
    request: z.object({ version: RuleSetVersion, by }),
    run: (request, { cinema }) => rollBackRules(rulesDeps(cinema), request),
  }),

  rollback: operation({
    needs: { stores: ["recommendations"] },
    request: z.object({}),
    run: (_, { cinema }) => cinema.trainer.rollback(),
  }),

  doctor: operation({
    needs: { stores: STORE_NAMES, tolerant: true },
    request: z.object({}),
    run: (_, { cinema }) => cinema.examine(),
  }),

  /** Opening a store brings its schema up to date, so what is left to do is to say so. */
  migrate: operation({
    needs: { stores: STORE_NAMES },
    request: z.object({}),
    run: (_, { cinema }) => cinema.examine(),
  }),

  token: operation({
    needs: { stores: ["database"] },
    request: z.object({
      role: Role.exclude(["viewer"]),
      label: z.string().max(100),
      days: z.number().int().min(1).max(3_650),
    }),
    async run({ role, label, days }, { cinema }) {
      const expiresAt = cinema.clock.now() + days * 86_400_000;
      const token = await createServiceToken(
        { database: cinema.stores.database, clock: cinema.clock },
        { role, label, expiresAt },
      );
      return { token, role, expiresAt: new Date(expiresAt).toISOString() };
    },
  }),

  grant: operation({
    needs: { stores: ["database", "cache"] },
    request: z.object({ role: Role.exclude(["service"]), email: z.string().max(254) }),
    async run({ role, email }, { cinema }) {
      const { database, cache } = cinema.stores;
      if (!(await grantRole({ database, cache, clock: cinema.clock }, { email, role })))
        throw new UserError(
          `no account with the e-mail ${JSON.stringify(email)}; who signed up and followed the link in the mail has one`,
        );
      return { email, role };
    },
  }),

  signInLink: operation({
    needs: { stores: ["database", "cache"] },
    request: z.object({ profile: z.string() }),
    async run({ profile }, { cinema }) {
      const profileId = await cinema.resolveProfile(profile);
      const ticket = await createSignInTicket(
        { cache: cinema.stores.cache, clock: cinema.clock },
        ProfileId.parse(profileId),
      );
      return { profileId, path: `/sign-in?ticket=${ticket}` };
    },
  }),
} as const;

export type OperationName = keyof typeof operations;
export const OPERATION_NAMES = Object.keys(operations) as OperationName[];
export type OperationRequest<Name extends OperationName> = z.input<(typeof operations)[Name]["request"]>;
export type OperationAnswer<Name extends OperationName> = Awaited<ReturnType<(typeof operations)[Name]["run"]>>;

/** The named stores: each is looked up, so that one that is not open is told by its name. */
function pickStores<Name extends StoreName>(stores: Stores, names: readonly Name[]): Pick<Stores, Name> {
  return Object.fromEntries(names.map((name) => [name, stores[name]])) as Pick<Stores, Name>;
}

async function readText(file: string, bytesMax: number): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > bytesMax)
      throw new UserError(
        `${file}: ${thousands(size)} bytes, at most ${thousands(bytesMax)}; cut it into several files`,
      );
    return await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${file}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}

/** One line a list, written whole or not at all. */
async function writeLists(file: string, entries: readonly RecommendationListEntry[]): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  const lines = entries.map(
    ({ profileId, titleIds, scores }) => `${JSON.stringify({ profileId, titleIds, scores: [...scores] })}\n`,
  );
  try {
    await writeFile(temporary, lines);
    await rename(temporary, file);
  } catch (cause) {
    throw new UserError(`--out ${file}: cannot be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}

async function importInto(
  source: ImportSource,
  request: { country: Country; merge: boolean },
  { cinema, report, signal }: OperationContext,
): Promise<ImportSummary & { readonly events: number }> {
  if (cinema.world() === "demo" && !request.merge) {
    throw new UserError(
      "this data folder holds the demo world; import into a folder of its own with `--data-dir <folder>` (then `thewatcher start --data-dir <folder>`), or mix both with `--merge`",
    );
  }
  const summary = await runImport(source, {
    database: cinema.stores.database,
    eventLog: cinema.stores.eventLog,
    putTitles: (titles) => upsertTitles(cinema.stores.database, titles),
    clock: cinema.clock,
    country: request.country,
    signal,
    onProgress: ({ rowsDone, fraction, elapsedMs }) =>
      report({
        stage: "importing",
        fraction,
        detail: `${thousands(rowsDone)} rows, ${thousands((rowsDone / Math.max(1, elapsedMs)) * 1000)} rows/s, ${seconds(elapsedMs)}`,
      }),
  });
  const before = await cinema.sink.lag();
  const stop = new AbortController();
  const watch = reportLag(before, cinema, report, stop.signal);
  try {
    await Promise.all([cinema.sink.caughtUp(signal), cinema.profileStates.caughtUp(signal)]);
  } finally {
    stop.abort();
    await watch;
  }
  await cinema.refresh();
  return { ...summary, events: await cinema.countEvents() };
}

/** A bar for the sink's way through what was appended. */
async function reportLag(
  total: number,
  cinema: Cinema,
  report: (report: Report) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && total > 0) {
    const lag = await cinema.sink.lag();
    report({
      stage: "writing into the warehouse",
      fraction: 1 - lag / Math.max(total, lag),
      detail: `${thousands(lag)} events to go`,
    });
    await cinema.clock.sleep(200, signal).catch(() => undefined);
  }
}
