/**
 * Serving over HTTP: a profile's page, its list, titles like a title. Read (bounded by a deadline), compose (pure),
 * write. It always answers whoever may ask: a reading that fails or comes late is left out, and the answer says so in
 * `degradations`. Each answer asks the store for the state that the last click changed; only what was made of a state that
 * is still the same is used again (histories.ts).
 *
 * A viewer reads the own profile; of another one the answer is 403 whether it exists or not. Where the profile's
 * directory is away, the page is one that anybody may see (age mark 0+, the country of the identity).
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { LeavingView } from "@thewatcher/contracts/api/catalogue";
import { ComposePages } from "@thewatcher/contracts/api/control";
import type { CandidatesView, WhyNot } from "@thewatcher/contracts/api/serving";
import type { TasteView } from "@thewatcher/contracts/api/taste";
import type { TasteFacetEdit } from "@thewatcher/contracts/events";
import type { Identity, Role } from "@thewatcher/contracts/identity";
import { type DecisionId, type Generation, type ProfileId, TitleId } from "@thewatcher/contracts/ids";
import type { ItemTables } from "@thewatcher/contracts/item-tables";
import { problem } from "@thewatcher/contracts/problems";
import { defaultServingParameters, type ServingAssignment, unassigned } from "@thewatcher/contracts/serving-parameters";
import { isSyntheticProfile } from "@thewatcher/contracts/synthetic";
import { gradeTitleState } from "@thewatcher/feature-store/live-signal";
import type { LiveTitleFeatures } from "@thewatcher/feature-store/live-title-features";
import type { Clock } from "@thewatcher/kit/clock";
import { msLeftOf } from "@thewatcher/kit/deadline";
import { handleErrors, ProblemError, readJson, requestId } from "@thewatcher/kit/http";
import type { TokenVerifier } from "@thewatcher/kit/internal-token";
import type { Log } from "@thewatcher/kit/log";
import { uuid7 } from "@thewatcher/kit/uuid";
import type { RecommendationStore, StoredList } from "@thewatcher/stores/recommendations/port";
import type { Context } from "hono";
import { describedRoutes } from "./api-document.ts";
import { listCandidates } from "./candidates-view.ts";
import type { CatalogueHolder } from "./catalogue-holder.ts";
import { COMPOSE_BYTES_MAX, createComposePages } from "./compose-pages.ts";
import type { DecisionKind, DecisionTrace } from "./decision-trace.ts";
import { createHistories } from "./histories.ts";
import { emptyHistory, type History } from "./history.ts";
import { createIdentify } from "./identity.ts";
import type { ItemTablesHolder } from "./item-tables-holder.ts";
import {
  countOf,
  excludedOf,
  flagOf,
  localeOf,
  minutesOf,
  profileIdOf,
  sourcesOf,
  tasteOf,
  withOf,
} from "./parameters.ts";
import { createWorkspace, type Workspace } from "./ranking.ts";
import { createReadAll, READ_DEADLINE_MS } from "./readings.ts";
import {
  type AnswerHead,
  type HomeHead,
  type JsonAnswer,
  type ProfileAnswerHead,
  renderHome,
  renderList,
  renderSimilar,
} from "./render.ts";
import { prepare, type Reading, type ServedProfile, type SlateRequest, UNKNOWN_PROFILE_AGE_MARK } from "./request.ts";
import { ruleTitlesOf } from "./rule-titles.ts";
import type { RulesHolder } from "./rules-holder.ts";
import { createShowings, type Showing, type ShowingRequest } from "./showings.ts";
import { composeHome, composeLeaving, composeList, composeSimilar, type DecisionListener, maySee } from "./slate.ts";
import { seedOfDecision } from "./stages/exploration.ts";
import type { Ranker } from "./stages/ranker.ts";
import { compileRules } from "./stages/rules.ts";
import { createStalePages } from "./stale-pages.ts";
import { believedTaste } from "./taste.ts";
import { tasteEditsOf } from "./taste-edits.ts";
import { createTitleView, type TitleView } from "./title-view.ts";
import { whyNot, withoutRuleIds } from "./why-not.ts";

const LEAVING_WITHIN_DAYS = 14;
/** Those who run the service: a viewer is told reasons, not candidates. */
const CANDIDATES_ROLES: readonly Role[] = ["service", "analyst", "product", "operator"];
/** Of any profile; a viewer asks about the own one. */
const WHY_NOT_ROLES: readonly Role[] = ["service", "analyst", "product"];
/** Rules may ask for the device, and a sampled profile has none at hand: most watch there. */
const DRY_RUN_DEVICE = "web";
const DAY_MS = 86_400_000;

export interface ServingApiDeps {
  readonly recommendations: Pick<RecommendationStore, "getLists" | "getStateUnless">;
  readonly itemTables: Pick<ItemTablesHolder, "current" | "active" | "ranker" | "rankerProblem">;
  readonly catalogue: Pick<CatalogueHolder, "current" | "genreNames" | "collections">;
  /** undefined: no such profile. */
  readonly profiles: (profileId: ProfileId) => Promise<ServedProfile | undefined>;
  /** For the audience `serving`. */
  readonly verifier: TokenVerifier;
  readonly clock: Clock;
  readonly log: Log;
  readonly deadlineMs?: number;
  /** What is switched and tuned, and by which experiments, at each request; undefined: for nobody. */
  readonly assignment?: (profileId: ProfileId | undefined) => ServingAssignment;
  /** Published business rules; undefined of `current`: there are none. */
  readonly rules?: Pick<RulesHolder, "current">;
  /** undefined of `current`: none are there yet. */
  readonly titleFeatures?: Pick<LiveTitleFeatures, "current" | "degradation">;
  /** Told of each page as it is composed, before it is answered: to be quick, and to throw nothing. */
  readonly onDecision?: (trace: DecisionTrace) => void;
  /** Told where no page could be composed: whether there was an older one to serve. */
  readonly onStalePage?: (isServed: boolean) => void;
}

export function createServingApi(deps: ServingApiDeps): OpenAPIHono {
  const { recommendations, itemTables, catalogue, profiles, clock, log, titleFeatures, onDecision } = deps;
  const assignment = deps.assignment ?? (() => unassigned(defaultServingParameters));
  const readAll = createReadAll({ clock, log, deadlineMs: deps.deadlineMs ?? READ_DEADLINE_MS });
  const identify = createIdentify(deps.verifier);
  const workspace = createWorkspaceHolder({ itemTables, catalogue, rules: deps.rules, log });
  const stalePages = createStalePages();
  const historyOf = createHistories({ recommendations, grade: gradeTitleState, clock });
  const app = new OpenAPIHono();
  handleErrors(app as never, { log, notFound: problem("not-found"), internal: problem("internal") });
  app.use(requestId());
  for (const route of describedRoutes) app.openAPIRegistry.registerPath(route);
  app.doc31("/openapi.json", { openapi: "3.1.0", info: { title: "TheWatcher: serving", version: "1" } });

  /**
   * The list of the tables' generation. Where that was dropped since (the tables of the next one are on their way), the
   * active one's: it keeps its own order, and the slate says that the tables are stale.
   */
  async function readList(profileId: ProfileId, generation: Generation | undefined): Promise<StoredList | undefined> {
    try {
      const [list] = await recommendations.getLists([profileId], generation);
      if (list || generation === undefined || itemTables.active() === generation) return list;
    } catch (error) {
      // An unknown generation throws, and so does a store that is away: the second reading tells them apart.
      if (generation === undefined) throw error;
    }
    const [list] = await recommendations.getLists([profileId]);
    return list;
  }

  /**
   * Of a profile that wants no profiling neither list nor state is read; nor where nobody can say whether it does. Who it
   * is waits in memory (the directory), so that the readings behind it begin in the same turn.
   */
  async function read(profileId: ProfileId, identity: Identity, view: TitleView, endsMs: number | undefined) {
    const known = profiles(profileId);
    const isProfiled = known.then(
      (profile) => profile !== undefined && profile.profiling !== false,
      () => false,
    );
    const [profile, list, history] = await readAll<[ServedProfile | undefined, StoredList | undefined, History]>(
      [
        () => known,
        async () => ((await isProfiled) ? readList(profileId, generationOf(view.tables)) : undefined),
        async () => ((await isProfiled) ? historyOf(view, profileId) : emptyHistory),
      ],
      endsMs,
    );
    return { profile: servedProfile(profile, identity), list, history };
  }

  /**
   * Who watches along: of the same account, which is known before anything of it is read. Refused in one way, whether
   * there is such a profile or not. Without the directory nobody can say whose it is: the page is for one, and says so.
   */
  async function readOther(
    own: ProfileId,
    otherId: ProfileId,
    identity: Identity,
    view: TitleView,
    endsMs: number | undefined,
  ) {
    const [mine, theirs] = await readAll<[ServedProfile | undefined, ServedProfile | undefined]>(
      [() => profiles(own), () => profiles(otherId)],
      endsMs,
    );
    if (mine.kind === "failed") return { problem: mine };
    if (theirs.kind === "failed") return { problem: theirs };
    const accountId = mine.value?.accountId;
    if (accountId === undefined || theirs.value?.accountId !== accountId) {
      throw new ProblemError(problem("forbidden", { detail: "`with` takes another profile of the same account." }));
    }
    const { profile, ...readings } = await read(otherId, identity, view, endsMs);
    return { other: { ...profile, ...readings } };
  }

  /** The workspace is taken before the reading, so that a flip in between does not bring two publications together. */
  async function ask(c: Context, profileId: ProfileId, identity: Identity) {
    const exclude = excludedOf(c.req.queries("exclude"));
    const locale = localeOf(c.req.query("locale"), identity);
    const minutes = minutesOf(c.req.query("minutes"));
    const otherId = withOf(c.req.query("with"), profileId);
    const preview = tasteOf(c.req.query("taste"));
    const msLeft = msLeftOf(c.req.raw.headers);
    const endsMs = msLeft === undefined ? undefined : clock.monotonicMs() + msLeft;
    const held = workspace();
    const { ws } = held;
    const along = otherId && (await readOther(profileId, otherId, identity, ws.view, endsMs));
    const readings = await read(profileId, identity, ws.view, endsMs);
    // A viewer's country is what the gateway states; a machine asks for a profile, wherever the machine is.
    const { country } = identity.role === "viewer" ? identity : readings.profile.profile;
    const { head: answerHead, common } = requestCommon(held, identity, { country, locale }, profileId);
    const request: SlateRequest = {
      ...common,
      ...readings.profile,
      ...(along && "problem" in along ? { profileProblem: along.problem } : {}),
      ...(along && "other" in along ? { other: along.other } : {}),
      ...(minutes === undefined ? {} : { minutes }),
      list: readings.list,
      history: preview ? withEdits(readings.history, preview) : readings.history,
      exclude,
    };
    const head: ProfileAnswerHead = { ...answerHead, profileId, composedAt: new Date(request.at).toISOString() };
    const isPreview = preview !== undefined;
    return { ws, request, head, otherId: along && "other" in along ? otherId : undefined, isPreview };
  }

  /** What is not the profile's. */
  function requestCommon(held: Held, identity: Identity, asker: Omit<ShowingRequest, "at">, profileId?: ProfileId) {
    const at = clock.now();
    const { ws, showings, ranker, rankerProblem, rules } = held;
    const head = headOf(ws, at);
    const titles = titleFeatures?.current();
    const common = {
      showing: showings({ ...asker, at }),
      at,
      device: identity.device,
      ...assignment(profileId),
      seed: seedOfDecision(head.decisionId),
      ranker,
      rankerProblem,
      rules,
      planId: identity.planId ?? null,
      titleFeatures: titles && { version: titles.version(), features: titles.features(ws.view.titleIds) },
      titleFeaturesProblem: titleFeatures?.degradation(),
    };
    return { head, common };
  }

  /** Nobody's history, everybody's ages. */
  function askForNobody(c: Context, identity: Identity) {
    const exclude = excludedOf(c.req.queries("exclude"));
    const held = workspace();
    const { country } = identity;
    const locale = localeOf(c.req.query("locale"), identity);
    const { head, common } = requestCommon(held, identity, { country, locale });
    const request: SlateRequest = {
      ...common,
      profile: { country, ageMark: identity.role === "service" ? null : UNKNOWN_PROFILE_AGE_MARK },
      list: { kind: "read", value: undefined },
      history: { kind: "read", value: emptyHistory },
      exclude,
    };
    return { ws: held.ws, request, head };
  }

  /**
   * undefined: nobody listens, or nobody is shown it (a preview, the synthetic viewer), and no trace is made. What a profile
   * without profiling is shown is nobody's decision.
   */
  function listenerOf(
    kind: DecisionKind,
    { decisionId, generation }: AnswerHead,
    { profileId, request, otherId, isPreview = false }: Asked,
  ): DecisionListener | undefined {
    const isSynthetic = profileId !== null && isSyntheticProfile(profileId);
    if (!onDecision || isPreview || isSynthetic) return undefined;
    const ofWhom = request.profile.profiling === false ? null : profileId;
    const { arms = {} } = request;
    return { head: { decisionId, generation, kind, profileId: ofWhom, arms, with: otherId ?? null }, onDecision };
  }

  async function home(c: Context, identity: Identity, profileId: ProfileId): Promise<Response> {
    const { ws, request, head, ...asked } = await ask(c, profileId, identity);
    try {
      const slate = composeHome(ws, request, listenerOf("home", head, { profileId, request, ...asked }));
      const said: HomeHead = request.profile.profiling === false ? { ...head, profiling: false } : head;
      const page = renderHome(ws.view, request.showing, said, slate);
      if (!asked.isPreview) stalePages.keep(profileId, request, page);
      return answer(page);
    } catch (error) {
      // The last page may be of a time when there was profiling.
      const stale = request.profile.profiling === false ? undefined : stalePages.find(profileId, request, ws);
      deps.onStalePage?.(stale !== undefined);
      if (!stale) throw error;
      log.error({ err: error, profileId }, "a page could not be composed; the last one is served");
      return c.json(stale, 200, { "cache-control": "no-store" });
    }
  }

  app.get("/api/v1/home", async (c) => {
    const identity = await identify(c.req.header("authorization"));
    if (identity.profileId === undefined) {
      throw new ProblemError(problem("forbidden", { detail: "Choose a profile first." }));
    }
    return home(c, identity, identity.profileId);
  });

  app.get("/api/v1/profiles/:profileId/home", async (c) => {
    const identity = await identify(c.req.header("authorization"));
    return home(c, identity, requireReadable(identity, c.req.param("profileId")));
  });

  app.get("/api/v1/profiles/:profileId/taste", async (c) => {
    const identity = await identify(c.req.header("authorization"));
    const profileId = requireReadable(identity, c.req.param("profileId"));
    const { ws, request, head } = await ask(c, profileId, identity);
    const prepared = prepare(ws, request);
    const body: TasteView = {
      profileId,
      composedAt: head.composedAt,
      profiling: request.profile.profiling !== false,
      ...believedTaste(prepared, catalogue.genreNames()),
      degradations: prepared.degradations,
    };
    return c.json(body, 200, { "cache-control": "no-store" });
  });

  app.get("/api/v1/profiles/:profileId/recommendations", async (c) => {
    const identity = await identify(c.req.header("authorization"));
    const profileId = requireReadable(identity, c.req.param("profileId"));
    const count = countOf(c.req.query("n"));
    const { ws, request, head, ...asked } = await ask(c, profileId, identity);
    const slate = composeList(ws, request, count, listenerOf("list", head, { profileId, request, ...asked }));
    return answer(renderList(ws.view, request.showing, head, slate));
  });

  app.get("/api/v1/profiles/:profileId/candidates", async (c) => {
    const identity = await identify(c.req.header("authorization"));
    if (!CANDIDATES_ROLES.includes(identity.role)) throw new ProblemError(problem("forbidden"));
    const profileId = profileIdOf(c.req.param("profileId"));
    if (profileId === undefined) throw new ProblemError(problem("not-found"));
    const sources = sourcesOf(c.req.query("source"));
    const count = countOf(c.req.query("n"));
    const withStages = flagOf("stages", c.req.query("stages"));
    const startedAt = clock.monotonicMs();
    const { ws, request, head } = await ask(c, profileId, identity);
    const readMs = clock.monotonicMs() - startedAt;
    const listed = listCandidates(ws, request, { sources, count, withStages, readMs, monotonicMs: clock.monotonicMs });
    const { generation, composedAt } = head;
    const body: CandidatesView = { profileId, generation, composedAt, ...listed };
    return c.json(body, 200, { "cache-control": "no-store" });
  });

  app.get("/api/v1/profiles/:profileId/why-not/:titleId", async (c) => {
    const identity = await identify(c.req.header("authorization"));
    const profileId = WHY_NOT_ROLES.includes(identity.role)
      ? profileIdOf(c.req.param("profileId"))
      : requireReadable(identity, c.req.param("profileId"));
    const titleId = TitleId.safeParse(c.req.param("titleId")).data;
    if (profileId === undefined || titleId === undefined) throw new ProblemError(problem("not-found"));
    const { ws, request, head, otherId = null } = await ask(c, profileId, identity);
    const { arms = {} } = request;
    const traced = { ...head, kind: "home", arms, with: otherId } as const;
    const found = whyNot(ws, request, traced, titleId);
    const isViewer = identity.role === "viewer";
    const { mayBeNamed, ...answered } = isViewer ? withoutRuleIds(found) : found;
    // For a viewer, what may not be seen is not there at all.
    if (!mayBeNamed && isViewer) throw new ProblemError(problem("not-found"));
    const { generation, composedAt } = head;
    const body: WhyNot = { profileId, titleId, generation, composedAt, ...answered };
    return c.json(body, 200, { "cache-control": "no-store" });
  });

  app.get("/api/v1/titles/:titleId/similar", async (c) => {
    const identity = await identify(c.req.header("authorization"));
    if (identity.role !== "service" && identity.role !== "viewer") throw new ProblemError(problem("forbidden"));
    const count = countOf(c.req.query("n"));
    const { profileId } = identity;
    const { ws, request, head } = profileId ? await ask(c, profileId, identity) : askForNobody(c, identity);
    const index = ws.view.indexOf.get(c.req.param("titleId"));
    if (index === undefined || !maySee(ws, request, index)) throw new ProblemError(problem("not-found"));
    const slate = composeSimilar(
      ws,
      request,
      index,
      count,
      listenerOf("similar", head, { profileId: profileId ?? null, request }),
    );
    return answer(renderSimilar(request.showing, head, ws.view.titleIds[index]!, slate));
  });

  app.get("/api/v1/profiles/:profileId/leaving", async (c) => {
    const identity = await identify(c.req.header("authorization"));
    const profileId = requireReadable(identity, c.req.param("profileId"));
    const { ws, request } = await ask(c, profileId, identity);
    const items = composeLeaving(ws, request, clock.now() + LEAVING_WITHIN_DAYS * DAY_MS).map(
      ({ index, leavesAt }) => ({
        title: request.showing.cardOf(index),
        leavesAt: new Date(leavesAt).toISOString(),
      }),
    );
    const body: LeavingView = { profileId, withinDays: LEAVING_WITHIN_DAYS, items };
    return c.json(body, 200, { "cache-control": "no-store" });
  });

  const composePages = createComposePages({ clock });
  app.post("/internal/pages", async (c) => {
    const identity = await identify(c.req.header("authorization"));
    if (identity.role !== "service") throw new ProblemError(problem("forbidden"));
    const body = await readJson(c, ComposePages, {
      bytesMax: COMPOSE_BYTES_MAX,
      tooLarge: problem("body-too-large"),
      malformed: problem("bad-request"),
    });
    const outcome = await composePages(body, async (profileId) => {
      try {
        return await ask(c, profileId, { ...identity, device: DRY_RUN_DEVICE });
      } catch (error) {
        // Erased since it was sampled.
        if (error instanceof ProblemError && error.body.status === 404) return undefined;
        throw error;
      }
    });
    if (outcome.kind === "invalid") throw new ProblemError(problem("bad-request", { errors: [...outcome.errors] }));
    return c.json(outcome.pages, 200, { "cache-control": "no-store" });
  });

  return app;
}

interface Asked {
  readonly profileId: ProfileId | null;
  readonly request: SlateRequest;
  /** Who watches along. */
  readonly otherId?: ProfileId | undefined;
  readonly isPreview?: boolean;
}

interface Held {
  readonly ws: Workspace;
  /** Of the same publication as the tables. */
  readonly ranker: Ranker | undefined;
  readonly rankerProblem: string | undefined;
  readonly showings: (request: ShowingRequest) => Showing;
  readonly rules: SlateRequest["rules"];
}

/** The workspace of the tables and the catalogue that are held now; made again when either, or the rules, are others. */
function createWorkspaceHolder(
  deps: Pick<ServingApiDeps, "itemTables" | "catalogue" | "log"> & { readonly rules: ServingApiDeps["rules"] },
): () => Held {
  let tables = deps.itemTables.current();
  let titles = deps.catalogue.current();
  const rankerNow = () => ({ ranker: deps.itemTables.ranker(), rankerProblem: deps.itemTables.rankerProblem() });
  const make = (): Held => {
    const view = createTitleView(titles, tables, deps.catalogue.collections());
    return {
      ws: createWorkspace(view),
      ...rankerNow(),
      showings: createShowings(view, deps.catalogue.genreNames()),
      rules: compiledFor(view),
    };
  };
  let published = deps.rules?.current();
  const compiledFor = (view: TitleView): SlateRequest["rules"] =>
    published && { version: published.version, compiled: compileRules(published.ruleSet, ruleTitlesOf(view)) };
  let held = make();
  return function current() {
    if (tables !== deps.itemTables.current() || titles !== deps.catalogue.current()) {
      tables = deps.itemTables.current();
      titles = deps.catalogue.current();
      try {
        held = make();
      } catch (error) {
        deps.log.error({ err: error }, "a publication or a catalogue can't be served; the one before goes on");
      }
    }
    // Read later than its tables, where the store did not answer.
    if (held.ws.view.tables === tables && held.rankerProblem !== deps.itemTables.rankerProblem()) {
      held = { ...held, ...rankerNow() };
    }
    if (published !== deps.rules?.current()) {
      published = deps.rules?.current();
      held = { ...held, rules: compiledFor(held.ws.view) };
    }
    return held;
  };
}

/** A preview: these corrections instead of those in force. */
const withEdits = (history: Reading<History>, edits: readonly TasteFacetEdit[]): Reading<History> =>
  history.kind === "read" ? { kind: "read", value: { ...history.value, tasteEdits: tasteEditsOf(edits) } } : history;

const generationOf = (tables: ItemTables | undefined) => tables?.generation as Generation | undefined;

const headOf = (ws: Workspace, at: number) => ({
  decisionId: uuid7(at) as DecisionId,
  generation: generationOf(ws.view.tables) ?? null,
});

function answer(body: JsonAnswer): Response {
  return new Response(body, { headers: { "content-type": "application/json", "cache-control": "no-store" } });
}

/** A viewer's own profile, or any for a service. */
function requireReadable(identity: Identity, text: string): ProfileId {
  const own = identity.role === "viewer" && identity.profileId === text;
  if (!own && identity.role !== "service") throw new ProblemError(problem("forbidden"));
  const profileId = profileIdOf(text);
  if (profileId === undefined) throw new ProblemError(problem("not-found"));
  return profileId;
}

/** Throws 404 where the directory says that there is no such profile. */
function servedProfile(
  reading: Reading<ServedProfile | undefined>,
  identity: Identity,
): Pick<SlateRequest, "profile" | "profileProblem"> {
  if (reading.kind === "failed") {
    return { profile: { country: identity.country, ageMark: UNKNOWN_PROFILE_AGE_MARK }, profileProblem: reading };
  }
  if (reading.value === undefined) throw new ProblemError(problem("not-found"));
  return { profile: reading.value };
}
