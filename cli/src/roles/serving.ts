/** The role `serving`: pages and lists. */
import type { ProfileId } from "@thewatcher/contracts/ids";
import { unassigned } from "@thewatcher/contracts/serving-parameters";
import { isSyntheticProfile } from "@thewatcher/contracts/synthetic";
import { createLiveTitleFeatures, type LiveTitleFeatures } from "@thewatcher/feature-store/live-title-features";
import { createServingApi } from "@thewatcher/serving-api/app";
import { createDecisionLog, type DecisionLogMetrics } from "@thewatcher/serving-api/decision-log";
import { guardProfiles, guardRecommendations } from "@thewatcher/serving-api/guarded-stores";
import { createItemTablesHolder } from "@thewatcher/serving-api/item-tables-holder";
import type { ServedProfile } from "@thewatcher/serving-api/request";
import { createRulesHolder } from "@thewatcher/serving-api/rules-holder";
import { publishedRules } from "../clients.ts";
import { createProfileDirectory, readProfilesFrom } from "../profile-directory.ts";
import { type Settings, servingParametersOf } from "../settings.ts";
import type { HeldCatalogue } from "./catalogue.ts";
import type { RoleContext, RolePart } from "./part.ts";
import type { RoleStores } from "./table.ts";
import { watch } from "./watch.ts";

export interface ServingPart extends RolePart {
  /** A generation was made active in this process: look now instead of at the next poll. */
  activated(): void;
  /** A profile said something of itself in this process: what is remembered of it is old. */
  profileChanged(profileId: ProfileId): void;
  readonly titleFeatures: LiveTitleFeatures;
  /** What was decided so far is in the log, or dropped. */
  decisionsLogged(): Promise<void>;
}

/** In no database: an adult of no country, whose state is read as anybody's. */
const SYNTHETIC_PROFILE: ServedProfile = { country: "XX", ageMark: null, profiling: true };

export function composeServing(
  { recommendations, objects, database, eventLog }: RoleStores<"serving">,
  context: RoleContext,
  catalogue: HeldCatalogue,
  {
    settings,
    metrics,
    onGuard,
    onStalePage,
    onRanker,
  }: {
    readonly settings: Pick<Settings, "servingParameters">;
    readonly metrics: DecisionLogMetrics;
    readonly onGuard: (dependency: string, isOpen: boolean) => void;
    readonly onStalePage: (isServed: boolean) => void;
    readonly onRanker: (isUnusable: boolean) => void;
  },
): ServingPart {
  const { clock, logOf, lifecycle } = context;
  const log = logOf("serving");
  const itemTables = createItemTablesHolder({ recommendations, objects, clock, log, onRanker });
  const rules = createRulesHolder({ fetchRules: publishedRules(context.call("control")), clock, log: logOf("rules") });
  const titleFeatures = createLiveTitleFeatures({ objects, eventLog, clock, log: logOf("title-features") });
  const guarding = { clock, log, onChange: onGuard };
  const { read, readSome } = readProfilesFrom(database);
  const profiles = createProfileDirectory({ read: guardProfiles(read, guarding), readSome, clock });
  // The one place where a request's parameters and arms come from: the setting, for everybody, until experiments assign them.
  const assigned = unassigned(servingParametersOf(settings));
  const decisions = lifecycle.own(
    "decision log",
    createDecisionLog({ eventLog, clock, log: logOf("decision-log"), metrics }),
    (it) => it.close(),
  );
  const app = createServingApi({
    recommendations: guardRecommendations(recommendations, guarding),
    itemTables,
    catalogue,
    profiles: (profileId) =>
      isSyntheticProfile(profileId) ? Promise.resolve(SYNTHETIC_PROFILE) : profiles.find(profileId),
    verifier: context.verifierOf("serving"),
    clock,
    log,
    assignment: () => assigned,
    rules,
    onDecision: (trace) => decisions.add(trace),
    titleFeatures,
    onStalePage,
  });
  return {
    fetch: (request) => app.fetch(request),
    async refresh() {
      await Promise.all([itemTables.refresh(), titleFeatures.refresh(), rules.refresh(), profiles.preload()]);
    },
    async start() {
      watch("item tables", itemTables, lifecycle);
      watch("title features", titleFeatures, lifecycle);
      watch("rules", rules, lifecycle);
    },
    unready() {
      if (catalogue.version() !== undefined) return undefined;
      return `the catalogue was not read yet${catalogue.problem() === undefined ? "" : ` (${catalogue.problem()})`}`;
    },
    profileChanged: profiles.changed,
    activated: () => void itemTables.refresh(),
    titleFeatures,
    decisionsLogged: () => decisions.flushed(),
  };
}
