/**
 * control-api: where the product team says what pages are to be. Business rules by version, dry runs before publishing,
 * and who did what. Behind the gateway: it believes the internal token alone, and each route names the roles that it
 * answers. Serving reads the published rules from here, and goes on by the last it read while this is away.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import {
  AUDIT_PAGE_MAX,
  AuditDetails,
  AuditPage,
  DryRunReport,
  DryRunRequest,
  PublishedRules,
  PublishRules,
  RULE_SET_BYTES_MAX,
  RuleSetDraft,
  RuleSetsPage,
  RuleSetVersion,
  RuleSetView,
} from "@thewatcher/contracts/api/control";
import { json, problems } from "@thewatcher/contracts/api/responses";
import type { Role } from "@thewatcher/contracts/identity";
import { problem } from "@thewatcher/contracts/problems";
import type { RuleSet } from "@thewatcher/contracts/rules";
import type { Clock } from "@thewatcher/kit/clock";
import { handleErrors, issuesOf, ProblemError, readJson, requestId } from "@thewatcher/kit/http";
import type { TokenVerifier } from "@thewatcher/kit/internal-token";
import type { Log } from "@thewatcher/kit/log";
import type { Database } from "@thewatcher/stores/database/port";
import type { Context } from "hono";
import { type Author, readEntry, readTrail } from "./audit-trail.ts";
import { type ComposePagesCall, dryRun } from "./dry-run.ts";
import { type AppEnv, allow, identify } from "./identity.ts";
import {
  checkRuleSet,
  createDraft,
  discardDraft,
  listRuleSets,
  publishDraft,
  readPublished,
  readRuleSet,
  replaceDraft,
  rollBack,
  type WriteOutcome,
} from "./rule-sets.ts";

const READERS = ["analyst", "product", "editor", "operator"] as const;
const WRITERS = ["product", "editor", "operator"] as const;
const PUBLISHERS = ["product", "operator"] as const;

/** Who may ask for what. A route without a line here does not exist. */
export const roles = {
  listRuleSets: READERS,
  readRuleSet: READERS,
  createRuleSet: WRITERS,
  replaceRuleSet: WRITERS,
  discardRuleSet: WRITERS,
  dryRunRules: WRITERS,
  publishRuleSet: PUBLISHERS,
  rollBackRuleSet: PUBLISHERS,
  readAuditTrail: READERS,
  readAuditEntry: READERS,
  readPublishedRules: ["service"],
} as const satisfies Record<string, readonly Role[]>;

/** Each keeps serving busy; who comes third is told to wait. */
const DRY_RUNS_AT_ONCE = 2;
/** A body without a document. */
const SMALL_BYTES_MAX = 4_096;
const AUDIT_PAGE_DEFAULT = 50;

const version = z.coerce.number().pipe(RuleSetVersion);
const entryId = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const ofVersion = z.object({ version });
/** The revision that the change was made on, as the ETag said it. */
const ifMatch = z.object({ "if-match": z.string().max(40).optional() });

// Bodies are read with a bound by the handlers: the validator of a declared body would read them without one.
const reads = ["bad-request", "unauthenticated", "forbidden"] as const;
const changes = [...reads, "not-found", "conflict", "precondition-failed", "body-too-large"] as const;

const routes = {
  listRuleSets: createRoute({
    method: "get",
    path: "/api/v1/control/rules",
    operationId: "listRuleSets",
    summary: "Rule sets, the last made first, and which one is published",
    middleware: allow(roles.listRuleSets),
    request: { query: z.object({ before: version.optional() }) },
    responses: { 200: json(RuleSetsPage, "A page"), ...problems(...reads) },
  }),
  readRuleSet: createRoute({
    method: "get",
    path: "/api/v1/control/rules/{version}",
    operationId: "readRuleSet",
    summary: "A rule set with its document; its revision is the ETag",
    middleware: allow(roles.readRuleSet),
    request: { params: ofVersion },
    responses: { 200: json(RuleSetView, "The rule set"), ...problems(...reads, "not-found") },
  }),
  createRuleSet: createRoute({
    method: "post",
    path: "/api/v1/control/rules",
    operationId: "createRuleSet",
    summary: "A new draft",
    middleware: allow(roles.createRuleSet),
    responses: { 201: json(RuleSetView, "Created"), ...problems(...reads, "conflict", "body-too-large") },
  }),
  replaceRuleSet: createRoute({
    method: "put",
    path: "/api/v1/control/rules/{version}",
    operationId: "replaceRuleSet",
    summary: "A draft's document and note, as a whole",
    middleware: allow(roles.replaceRuleSet),
    request: { params: ofVersion, headers: ifMatch },
    responses: { 200: json(RuleSetView, "Changed"), ...problems(...changes) },
  }),
  discardRuleSet: createRoute({
    method: "delete",
    path: "/api/v1/control/rules/{version}",
    operationId: "discardRuleSet",
    summary: "Throw a draft away",
    middleware: allow(roles.discardRuleSet),
    request: { params: ofVersion, headers: ifMatch },
    responses: { 204: { description: "Gone" }, ...problems(...changes) },
  }),
  dryRunRules: createRoute({
    method: "post",
    path: "/api/v1/control/dry-run",
    operationId: "dryRunRules",
    summary: "What a document would change on the pages of sampled profiles; nothing is written",
    middleware: allow(roles.dryRunRules),
    responses: {
      200: json(DryRunReport, "What it would change"),
      ...problems(...reads, "body-too-large", "too-many-requests", "unavailable"),
    },
  }),
  publishRuleSet: createRoute({
    method: "post",
    path: "/api/v1/control/rules/{version}/publish",
    operationId: "publishRuleSet",
    summary: "Make a draft what pages go by",
    middleware: allow(roles.publishRuleSet),
    request: { params: ofVersion, headers: ifMatch },
    responses: { 200: json(RuleSetView, "Published"), ...problems(...changes) },
  }),
  rollBackRuleSet: createRoute({
    method: "post",
    path: "/api/v1/control/rules/{version}/rollback",
    operationId: "rollBackRuleSet",
    summary: "Make one that was published before what pages go by again",
    middleware: allow(roles.rollBackRuleSet),
    request: { params: ofVersion },
    responses: { 200: json(RuleSetView, "Published"), ...problems(...changes) },
  }),
  readAuditTrail: createRoute({
    method: "get",
    path: "/api/v1/control/audit",
    operationId: "readAuditTrail",
    summary: "Who did what, the last first",
    middleware: allow(roles.readAuditTrail),
    request: {
      query: z.object({
        subject: z.string().min(1).max(100).optional(),
        before: entryId.optional(),
        limit: z.coerce.number().int().min(1).max(AUDIT_PAGE_MAX).default(AUDIT_PAGE_DEFAULT),
      }),
    },
    responses: { 200: json(AuditPage, "A page"), ...problems(...reads) },
  }),
  readAuditEntry: createRoute({
    method: "get",
    path: "/api/v1/control/audit/{entryId}",
    operationId: "readAuditEntry",
    summary: "One of them, with the subject before and after",
    middleware: allow(roles.readAuditEntry),
    request: { params: z.object({ entryId }) },
    responses: { 200: json(AuditDetails, "The entry"), ...problems(...reads, "not-found") },
  }),
  readPublishedRules: createRoute({
    method: "get",
    path: "/internal/rules",
    operationId: "readPublishedRules",
    summary: "What serving goes by; its version is the ETag",
    middleware: allow(roles.readPublishedRules),
    responses: {
      200: json(PublishedRules, "The published rules, or that there are none"),
      304: { description: "The version held is still the version" },
      ...problems("unauthenticated", "forbidden"),
    },
  }),
};

export interface ControlApiDeps {
  readonly database: Database;
  /** Serving's: pages that nobody is shown. */
  readonly composePages: ComposePagesCall;
  /** For the audience `control`. */
  readonly verifier: TokenVerifier;
  readonly clock: Clock;
  readonly log: Log;
}

export function createControlApi({
  database,
  composePages,
  verifier,
  clock,
  log,
}: ControlApiDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>({
    defaultHook(result) {
      if (!result.success) throw new ProblemError(problem("bad-request", { errors: issuesOf(result.error) }));
    },
  });
  handleErrors(app as never, { log, notFound: problem("not-found"), internal: problem("internal") });
  app.use(requestId());
  app.doc31("/openapi.json", { openapi: "3.1.0", info: { title: "TheWatcher: control", version: "1" } });
  app.use("/api/*", identify(verifier));
  app.use("/internal/*", identify(verifier));

  const authorOf = (c: Context<AppEnv>): Author => {
    const { accountId, role } = c.get("identity");
    return { who: accountId ?? "machine", role, at: new Date(clock.now()), requestId: c.get("requestId") };
  };
  const bodyOf = <Schema extends z.ZodType>(c: Context<AppEnv>, schema: Schema, bytesMax: number) =>
    readJson(c, schema, { bytesMax, tooLarge: problem("body-too-large"), malformed: problem("bad-request") });
  const draftOf = async (c: Context<AppEnv>) => {
    const { document, note } = await bodyOf(c, RuleSetDraft, RULE_SET_BYTES_MAX);
    return { ruleSet: requireRuleSet(document), note };
  };
  const answerOf = (c: Context<AppEnv>, outcome: WriteOutcome): RuleSetView => {
    const ruleSet = requireWritten(outcome);
    c.header("etag", `"${ruleSet.revision}"`);
    return ruleSet;
  };

  app.openapi(routes.listRuleSets, async (c) => c.json(await listRuleSets(database, c.req.valid("query")), 200));
  app.openapi(routes.readRuleSet, async (c) => {
    const ruleSet = await readRuleSet(database, c.req.valid("param").version);
    if (!ruleSet) throw new ProblemError(problem("not-found"));
    c.header("etag", `"${ruleSet.revision}"`);
    return c.json(ruleSet, 200);
  });
  app.openapi(routes.createRuleSet, async (c) =>
    c.json(answerOf(c, await createDraft(database, await draftOf(c), authorOf(c))), 201),
  );
  app.openapi(routes.replaceRuleSet, async (c) => {
    const revision = revisionSeen(c);
    const draft = await draftOf(c);
    const { version: replaced } = c.req.valid("param");
    return c.json(answerOf(c, await replaceDraft(database, replaced, { ...draft, revision }, authorOf(c))), 200);
  });
  app.openapi(routes.discardRuleSet, async (c) => {
    const revision = revisionSeen(c);
    requireWritten(await discardDraft(database, c.req.valid("param").version, revision, authorOf(c)));
    return c.body(null, 204);
  });
  let dryRuns = 0;
  app.openapi(routes.dryRunRules, async (c) => {
    const { document, profiles, seed } = await bodyOf(c, DryRunRequest, RULE_SET_BYTES_MAX);
    const ruleSet = requireRuleSet(document);
    if (dryRuns >= DRY_RUNS_AT_ONCE) {
      throw new ProblemError(problem("too-many-requests", { detail: `${dryRuns} dry runs are under way.` }));
    }
    dryRuns++;
    try {
      const composeBounded: ComposePagesCall = async (request) => {
        try {
          return await composePages(request);
        } catch (cause) {
          throw new ProblemError(problem("unavailable", { detail: "Serving composes no pages now." }), cause);
        }
      };
      return c.json(await dryRun({ database, composePages: composeBounded, clock }, { ruleSet, profiles, seed }), 200);
    } finally {
      dryRuns--;
    }
  });
  app.openapi(routes.publishRuleSet, async (c) => {
    const revision = revisionSeen(c);
    const { replaces } = await bodyOf(c, PublishRules, SMALL_BYTES_MAX);
    const { version: published } = c.req.valid("param");
    return c.json(answerOf(c, await publishDraft(database, published, { revision, replaces }, authorOf(c))), 200);
  });
  app.openapi(routes.rollBackRuleSet, async (c) => {
    const { replaces } = await bodyOf(c, PublishRules, SMALL_BYTES_MAX);
    return c.json(answerOf(c, await rollBack(database, c.req.valid("param").version, { replaces }, authorOf(c))), 200);
  });
  app.openapi(routes.readAuditTrail, async (c) => c.json(await readTrail(database, c.req.valid("query")), 200));
  app.openapi(routes.readAuditEntry, async (c) => {
    const entry = await readEntry(database, c.req.valid("param").entryId);
    if (!entry) throw new ProblemError(problem("not-found"));
    return c.json(entry, 200);
  });
  app.openapi(routes.readPublishedRules, async (c) => {
    const published = await readPublished(database);
    const etag = `"${published.version ?? 0}"`;
    c.header("etag", etag);
    if (c.req.header("if-none-match") === etag) return c.body(null, 304);
    return c.json(published, 200);
  });
  return app;
}

function requireRuleSet(document: unknown): RuleSet {
  const checked = checkRuleSet(document);
  if (checked.kind === "valid") return checked.ruleSet;
  const errors = checked.errors.map(({ path, what, accepted }) => ({
    path: path === "" ? "document" : `document.${path}`,
    message: `${what}; accepted: ${accepted}`,
  }));
  throw new ProblemError(problem("bad-request", { errors }));
}

/** A change without the revision that it was made on would overwrite whatever came between. */
function revisionSeen(c: Context<AppEnv>): number {
  const match = /^"(\d{1,10})"$/.exec(c.req.header("if-match") ?? "");
  const seen = RuleSetVersion.safeParse(Number(match?.[1]));
  if (!seen.success) {
    const message = 'the revision that was read, as its ETag says it: If-Match: "3"';
    throw new ProblemError(problem("bad-request", { errors: [{ path: "if-match", message }] }));
  }
  return seen.data;
}

function requireWritten(outcome: WriteOutcome): RuleSetView {
  switch (outcome.kind) {
    case "written":
      return outcome.ruleSet;
    case "missing":
      throw new ProblemError(problem("not-found"));
    case "refused":
      throw new ProblemError(problem("conflict", { detail: outcome.why }));
    case "outdated":
      throw new ProblemError(problem("precondition-failed", { detail: `Its revision is ${outcome.revision} now.` }));
    case "replaced": {
      const now = outcome.published === null ? "Nothing is published" : `Version ${outcome.published} is published now`;
      throw new ProblemError(problem("precondition-failed", { detail: `${now}: look at it first.` }));
    }
  }
}
