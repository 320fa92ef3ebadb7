/**
 * What control-api takes and answers: rule sets with their versions, dry runs, the audit trail; and what it and serving
 * say to each other. A rule set's document is told apart (rules.ts, `parseRuleSet`): its schema is recursive, and its
 * errors say more than a schema's.
 */
import { z } from "zod";
import { Role } from "../identity.ts";
import { ProfileId, TitleId } from "../ids.ts";

/** A rule set of 200 rules that name 500 titles each is 3 MB; none that people write is a tenth of it. */
export const RULE_SET_BYTES_MAX = 1_048_576;
export const RULE_VERSIONS_PAGE_MAX = 50;
export const AUDIT_PAGE_MAX = 100;
/** Of which PostgreSQL's integer is the bound. */
const VERSION_MAX = 2_147_483_647;
export const RuleSetVersion = z.number().int().min(1).max(VERSION_MAX);

const RuleSetStatus = z.enum(["draft", "published", "retired"]);

/** For people: why this set. PostgreSQL's text holds neither NUL nor half a character. */
const Note = z
  .string()
  .max(1_000)
  .refine((text) => !/\0|\p{Surrogate}/u.test(text), { error: "holds a character that is none" });
/** As `parseRuleSet` takes and answers it. */
const RuleSetDocument = z.record(z.string(), z.unknown());

const summary = {
  version: RuleSetVersion,
  status: RuleSetStatus,
  /** What `If-Match` names: it rises with every change. */
  revision: z.number().int().min(1),
  note: z.string(),
  ruleCount: z.number().int().min(0),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  /** The last time that it was published; null: never. */
  publishedAt: z.iso.datetime().nullable(),
  publishedBy: z.string().nullable(),
};
export const RuleSetSummary = z.object(summary);
export type RuleSetSummary = z.infer<typeof RuleSetSummary>;

export const RuleSetView = z.object({ ...summary, document: RuleSetDocument });
export type RuleSetView = z.infer<typeof RuleSetView>;

export const RuleSetsPage = z.object({
  /** What serving goes by; null: nothing was published yet. */
  published: RuleSetVersion.nullable(),
  /** The last made first. */
  versions: z.array(RuleSetSummary).max(RULE_VERSIONS_PAGE_MAX),
  /** `before` of the next page; null: this is the last. */
  next: RuleSetVersion.nullable(),
});
export type RuleSetsPage = z.infer<typeof RuleSetsPage>;

export const RuleSetDraft = z.strictObject({ document: z.unknown(), note: Note.default("") });
export type RuleSetDraft = z.infer<typeof RuleSetDraft>;

/** What the caller saw published (null: nothing): where it is another one by now, nothing is done. */
export const PublishRules = z.strictObject({ replaces: RuleSetVersion.nullable() });
export type PublishRules = z.infer<typeof PublishRules>;

/** Profiles of one dry run: what an exposure of one in a hundred is known by to a tenth of itself. */
export const DRY_RUN_PROFILES_MAX = 1_000;
export const DRY_RUN_TITLES_MAX = 50;
export const DRY_RUN_ROWS_MAX = 100;

export const DryRunRequest = z.strictObject({
  document: z.unknown(),
  profiles: z.number().int().min(1).max(DRY_RUN_PROFILES_MAX).default(DRY_RUN_PROFILES_MAX),
  /** The same seed takes the same profiles and draws the same chance. */
  seed: z.number().int().min(0).max(4_294_967_295).default(1),
});

/** Of a title over all pages: impressions, each worth the chance that it is looked at, 1/√(position + 1). */
const ExposureChange = z.object({
  titleId: TitleId,
  name: z.string(),
  before: z.number(),
  after: z.number(),
});
export type ExposureChange = z.infer<typeof ExposureChange>;

const times = z.number().int().min(0);
const EffectCounts = z.object({ removed: times, moved: times, pinned: times, capped: times });
export type EffectCounts = z.infer<typeof EffectCounts>;

export const DryRunReport = z.object({
  /** Against which the document was held; null: nothing is published. */
  published: RuleSetVersion.nullable(),
  seed: z.number().int(),
  profilesAsked: z.number().int(),
  /** Those whose pages were composed; fewer than asked where there are fewer, or where time ran out. */
  profiles: z.number().int(),
  /** The time limit ended it. */
  cutShort: z.boolean(),
  /** Of the pages composed. */
  changedShare: z.number().min(0).max(1).nullable(),
  /** Pages that the rules left too few rows, so that they were composed without filters and caps. */
  relaxedPages: z.object({ before: z.number().int(), after: z.number().int() }),
  /** Over all titles. */
  exposure: z.object({ before: z.number(), after: z.number() }),
  titlesChanged: z.number().int(),
  gaining: z.array(ExposureChange).max(DRY_RUN_TITLES_MAX),
  losing: z.array(ExposureChange).max(DRY_RUN_TITLES_MAX),
  /** Rows of a page of before that are not on the page of after, with on how many pages. */
  emptied: z.array(z.object({ rowId: z.string(), kind: z.string(), pages: z.number().int() })).max(DRY_RUN_ROWS_MAX),
  /** In the order of the document; a rule that never acts is worth a question. */
  rules: z.array(
    z.object({
      ruleId: z.string(),
      name: z.string(),
      enabled: z.boolean(),
      /** On which it did anything. */
      pages: z.number().int(),
      effects: EffectCounts,
    }),
  ),
  durationMs: z.number(),
  /** Of composing alone, mean of a page. */
  composeMs: z.object({ before: z.number().nullable(), after: z.number().nullable() }),
});
export type DryRunReport = z.infer<typeof DryRunReport>;

const AuditAction = z.enum(["rules.create", "rules.replace", "rules.discard", "rules.publish", "rules.rollback"]);
export type AuditAction = z.infer<typeof AuditAction>;

const auditEntry = {
  entryId: z.number().int().min(1),
  at: z.iso.datetime(),
  /** An account, or `machine`, or who sat at the command line. */
  who: z.string(),
  role: z.union([Role, z.literal("command")]),
  action: AuditAction,
  /** `rules/12` */
  subject: z.string(),
  requestId: z.string(),
};
export const AuditEntry = z.object(auditEntry);
export type AuditEntry = z.infer<typeof AuditEntry>;
/** With the subject as a whole. null: it was not there, or is there no more. */
export const AuditDetails = z.object({
  ...auditEntry,
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()).nullable(),
});
export type AuditDetails = z.infer<typeof AuditDetails>;
export const AuditPage = z.object({
  /** The last first. */
  entries: z.array(AuditEntry).max(AUDIT_PAGE_MAX),
  /** `before` of the next page; null: this is the last. */
  next: z.number().int().nullable(),
});
export type AuditPage = z.infer<typeof AuditPage>;

/** What serving goes by (`GET /internal/rules`); its version is the ETag, `"0"` before the first publication. */
export const PublishedRules = z.object({
  /** null: nothing was published yet. */
  version: RuleSetVersion.nullable(),
  document: RuleSetDocument.nullable(),
});
export type PublishedRules = z.infer<typeof PublishedRules>;

/** In one request: at 2 to 4 ms a page, and as many again for the other rule set, at most a fifth of a second. */
export const COMPOSED_PROFILES_MAX = 25;
export const COMPOSED_RULE_SETS_MAX = 2;

/** Pages of profiles under each of some rule sets, for nobody to see: nothing is logged of them (`POST /internal/pages`). */
export const ComposePages = z.strictObject({
  profileIds: z.array(ProfileId).min(1).max(COMPOSED_PROFILES_MAX),
  /** null: no rules. */
  ruleSets: z.array(RuleSetDocument.nullable()).min(1).max(COMPOSED_RULE_SETS_MAX),
  seed: z.number().int().min(0).max(4_294_967_295),
});
export type ComposePages = z.infer<typeof ComposePages>;

const ComposedPage = z.object({
  /** `titles` are places in the table of the answer. */
  rows: z.array(z.object({ rowId: z.string(), kind: z.string(), titles: z.array(z.number().int().min(0)) })),
  /** What each rule did, by its id: how many titles it touched. */
  effects: z.record(z.string(), EffectCounts),
  relaxed: z.boolean(),
  composeMs: z.number(),
});
export type ComposedPage = z.infer<typeof ComposedPage>;
export const ComposedPages = z.object({
  titles: z.array(z.object({ titleId: TitleId, name: z.string() })),
  /** Of each profile that there is, a page for each rule set. */
  pages: z.array(z.object({ profileId: ProfileId, composed: z.array(ComposedPage) })),
});
export type ComposedPages = z.infer<typeof ComposedPages>;
