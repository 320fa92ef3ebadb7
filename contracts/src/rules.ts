/**
 * Business rules: what the product team wants of the pages, as data. No code, nothing is evaluated: a rule says when it
 * holds, which titles it means, and one thing that happens to them. Evaluated in serving-api/src/stages/rules.ts.
 *
 * Order of effects, whatever the order of the rules: filters; boosts and buries, which multiply within
 * [FACTOR_MIN, FACTOR_MAX]; pins by `priority`, then by the order of the rules; caps, which count pinned titles and take
 * none of them out. Only pins of one priority depend on the order of the rules.
 * A factor acts on the place: in a row, a title of rank r and factor f stands where rank r / f would. So it means the same
 * to every ranker, to rows that have no scores, and to scores below zero.
 * No rule shows what may not be seen: rights, age, "not interested", `exclude` and "no title twice" are asked first.
 * A rule that names no rows leaves out "continue watching" (it is the viewer's own), and of the chart only filters take
 * titles out (its ranks are facts).
 * A title of which an attribute is not known matches no condition on it, and so does match `not` of one.
 */
import { z } from "zod";
import { TitleKind } from "./api/catalogue.ts";
import { RowKind } from "./api/serving.ts";
import { CollectionId, Country, PersonId, TitleId } from "./ids.ts";
import { PLAN_IDS, PlanId } from "./plans.ts";

/** Raised when a reader of before would misread a rule. */
const RULES_LANGUAGE_VERSION = 1;
/** KION has about 50 (feature-tables.md): four times that. */
export const RULES_MAX = 200;
export const MATCH_DEPTH_MAX = 5;
export const MATCH_NODES_MAX = 50;
/** What factors of all rules together may come to, for one title in one row. */
export const FACTOR_MIN = 0.01;
export const FACTOR_MAX = 100;
const VALUES_MAX = 100;
const TITLE_IDS_MAX = 500;
const PIN_POSITION_MAX = 99;
const PIN_PRIORITY_MAX = 1_000;
/** Deeper JSON is no rule: it is refused before anything recurses into it. */
const JSON_DEPTH_MAX = 32;
/** Errors told at once: more of them help nobody. */
const ERRORS_MAX = 100;

/** Rows of a page, the plain list, and "more like this". */
export const RULE_ROW_KINDS = [...RowKind.options, "list", "similar"] as const;
export type RuleRowKind = (typeof RULE_ROW_KINDS)[number];
/** Rows that a title can be put into: in the others each title is what the row says, because of the title itself. */
export const PIN_ROW_KINDS = ["top_picks", "new", "genre", "editorial", "for_two", "list"] as const;

/** A database's text holds neither NUL nor half a character. */
const text = (lengthMax: number) =>
  z
    .string()
    .min(1)
    .max(lengthMax)
    .refine((value) => !/\0|\p{Surrogate}/u.test(value), {
      error: "holds a character that is none",
      params: { accepted: "text without NUL and halves of characters" },
    });

const values = <Value extends z.ZodType>(value: Value, countMax = VALUES_MAX) => z.array(value).min(1).max(countMax);

/** An object of all of these, of which one is given. */
function exactlyOne<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).superRefine((value, context) => {
    const given = Object.values(value).filter((part) => part !== undefined).length;
    if (given === 1) return;
    context.addIssue({ code: "custom", message: given === 0 ? "is empty" : "has several keys", params: oneOf(shape) });
  });
}
const oneOf = (shape: z.ZodRawShape) => ({ accepted: `exactly one of ${Object.keys(shape).join(", ")}` });

/** Both ends included; one may be left out. */
function range<Bound extends z.ZodNumber>(bound: Bound) {
  return z.strictObject({ from: bound.optional(), to: bound.optional() }).superRefine(({ from, to }, context) => {
    if (from === undefined && to === undefined) {
      context.addIssue({ code: "custom", message: "is empty", params: { accepted: "from, to or both" } });
    } else if (from !== undefined && to !== undefined && from > to) {
      context.addIssue({ code: "custom", message: "holds nothing", params: { accepted: "from at most to" } });
    }
  });
}

const RowSelector = exactlyOne({
  kind: z.enum(RULE_ROW_KINDS).optional(),
  rowId: text(64).optional(),
});
export type RowSelector = z.infer<typeof RowSelector>;

export const DAYS_OF_WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const ZONES = "an IANA time zone, such as Europe/Minsk";

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** All of what is given must hold. Instants are half-open: `until` is the first without the rule. */
const Schedule = z
  .strictObject({
    from: z.iso.datetime().optional(),
    until: z.iso.datetime().optional(),
    daysOfWeek: values(z.enum(DAYS_OF_WEEK), DAYS_OF_WEEK.length).optional(),
    /** Hours of the day, `until` not included; `from` behind `until` goes over midnight. */
    hours: z.strictObject({ from: z.number().int().min(0).max(23), until: z.number().int().min(1).max(24) }).optional(),
    /** Of the days and hours; an IANA name. */
    zone: z
      .string()
      .max(64)
      .refine(isZone, { error: "is no time zone", params: { accepted: ZONES } })
      .optional(),
  })
  .superRefine(({ from, until, daysOfWeek, hours, zone }, context) => {
    if ((daysOfWeek || hours) && zone === undefined) {
      const params = { accepted: ZONES };
      context.addIssue({ code: "custom", path: ["zone"], message: "is needed for days and hours", params });
    }
    if (from !== undefined && until !== undefined && Date.parse(from) >= Date.parse(until)) {
      const params = { accepted: "from before until" };
      context.addIssue({ code: "custom", message: "holds nothing", params });
    }
    if (hours && hours.from === hours.until) {
      const params = { accepted: "from another hour than until" };
      context.addIssue({ code: "custom", path: ["hours"], message: "holds nothing", params });
    }
  });
export type Schedule = z.infer<typeof Schedule>;

export const AGE_PROFILES = ["kids", "adult"] as const;

/** All of what is given must hold of the request; nothing: always. */
const When = z.strictObject({
  schedule: Schedule.optional(),
  countries: values(Country, 250).optional(),
  /** What the account subscribes to. */
  plans: values(PlanId, PLAN_IDS.length).optional(),
  devices: values(text(64), 20).optional(),
  /** `kids`: a profile with an age limit below 18. */
  ageProfiles: values(z.enum(AGE_PROFILES), AGE_PROFILES.length).optional(),
  rows: values(RowSelector, 50).optional(),
});
export type When = z.infer<typeof When>;

const day = z.number().int().min(1).max(3_650);

const conditions = {
  /** Any of the keys. */
  genre: values(text(64)).optional(),
  /** Where it was made. */
  country: values(Country, 250).optional(),
  year: range(z.number().int().min(1874).max(2100)).optional(),
  director: values(PersonId).optional(),
  /** Directors and the cast. */
  person: values(PersonId).optional(),
  kind: values(TitleKind, 2).optional(),
  ageMark: range(z.number().int().min(0).max(18)).optional(),
  /** Critics' or voters', out of 10. */
  score: range(z.number().min(0).max(10)).optional(),
  runtimeMinutes: range(z.number().int().min(1).max(1_500)).optional(),
  /** 1-based place among what is popular everywhere. */
  popularityRank: range(z.number().int().min(1).max(1_000_000)).optional(),
  addedWithinDays: day.optional(),
  /** In the viewer's country. */
  leavesWithinDays: day.optional(),
  collection: values(CollectionId).optional(),
  titleIds: values(TitleId, TITLE_IDS_MAX).optional(),
  source: values(text(64)).optional(),
} as const;

type Condition = { readonly [Key in keyof typeof conditions]?: z.infer<(typeof conditions)[Key]> };
/** One key: a list of which all or any must match, what must not, or a condition on an attribute. */
export interface Match extends Condition {
  readonly all?: readonly Match[] | undefined;
  readonly any?: readonly Match[] | undefined;
  readonly not?: Match | undefined;
}

const Match: z.ZodType<Match> = exactlyOne({
  get all() {
    return values(Match, MATCH_NODES_MAX).optional();
  },
  get any() {
    return values(Match, MATCH_NODES_MAX).optional();
  },
  get not() {
    return Match.optional();
  },
  ...conditions,
});

const Effect = z.discriminatedUnion("kind", [
  /** Up: of rank r to r / factor. */
  z.strictObject({ kind: z.literal("boost"), factor: z.number().min(1).max(10) }),
  /** Down: of rank r to r / factor. */
  z.strictObject({ kind: z.literal("bury"), factor: z.number().min(0.1).max(1) }),
  /**
   * The first matching title that may be recommended (in the order of `titleIds` where that is the whole match, else the
   * most popular first) to a 0-based place of the row. For rows of a kind it is kept out of all others, and the first of
   * them gets it; for a row by its id, it must be free still.
   */
  z.strictObject({
    kind: z.literal("pin"),
    row: exactlyOne({ kind: z.enum(PIN_ROW_KINDS).optional(), rowId: text(64).optional() }),
    position: z.number().int().min(0).max(PIN_POSITION_MAX),
    /** The larger first, where several want one place or one title; the others come behind it. */
    priority: z.number().int().min(-PIN_PRIORITY_MAX).max(PIN_PRIORITY_MAX).default(0),
  }),
  /** At most so many matching titles in a row. */
  z.strictObject({ kind: z.literal("cap"), perRow: z.number().int().min(0).max(100) }),
  /** Taken out. */
  z.strictObject({ kind: z.literal("filter") }),
]);

const Rule = z.strictObject({
  ruleId: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: "is not such an id" }),
  /** For people. */
  name: text(200),
  enabled: z.boolean().default(true),
  when: When.default({}),
  match: Match,
  effect: Effect,
});
export type Rule = z.infer<typeof Rule>;

export const RuleSet = z.strictObject({
  language: z.literal(RULES_LANGUAGE_VERSION).default(RULES_LANGUAGE_VERSION),
  rules: z.array(Rule).max(RULES_MAX),
});
export type RuleSet = z.infer<typeof RuleSet>;

export interface RuleError {
  /** `rules.3.match.all.0.year.from`; empty: the whole. */
  readonly path: string;
  readonly what: string;
  readonly accepted: string;
}
export type ParsedRuleSet =
  | { readonly kind: "valid"; readonly ruleSet: RuleSet }
  | { readonly kind: "invalid"; readonly errors: readonly RuleError[] };

/** Of any value that JSON may hold. Never throws. */
export function parseRuleSet(json: unknown): ParsedRuleSet {
  if (isDeeperThan(json, JSON_DEPTH_MAX)) {
    return invalid([{ path: "", what: `is nested deeper than ${JSON_DEPTH_MAX}`, accepted: "a rule set" }]);
  }
  const parsed = RuleSet.safeParse(json);
  if (!parsed.success) return invalid(parsed.error.issues.slice(0, ERRORS_MAX).map(errorOf));
  const errors = [...sameIds(parsed.data), ...tooLarge(parsed.data)];
  return errors.length > 0 ? invalid(errors) : { kind: "valid", ruleSet: parsed.data };
}

const invalid = (errors: readonly RuleError[]): ParsedRuleSet => ({
  kind: "invalid",
  errors: errors.slice(0, ERRORS_MAX),
});

function sameIds({ rules }: RuleSet): RuleError[] {
  const seen = new Set<string>();
  return rules.flatMap(({ ruleId }, place) => {
    if (!seen.has(ruleId)) {
      seen.add(ruleId);
      return [];
    }
    return [{ path: `rules.${place}.ruleId`, what: "is the id of another rule", accepted: "an id of its own" }];
  });
}

function tooLarge({ rules }: RuleSet): RuleError[] {
  return rules.flatMap(({ match }, place) => {
    const { depth, nodes } = sizeOf(match);
    const path = `rules.${place}.match`;
    return [
      ...(depth > MATCH_DEPTH_MAX
        ? [{ path, what: `is ${depth} levels deep`, accepted: `at most ${MATCH_DEPTH_MAX} levels` }]
        : []),
      ...(nodes > MATCH_NODES_MAX
        ? [{ path, what: `has ${nodes} nodes`, accepted: `at most ${MATCH_NODES_MAX} nodes` }]
        : []),
    ];
  });
}

/** The parts of a list, a negation's one, a condition's none. */
export const partsOf = ({ all, any, not }: Match): readonly Match[] => all ?? any ?? (not ? [not] : []);

function sizeOf(match: Match): { readonly depth: number; readonly nodes: number } {
  const parts = partsOf(match).map(sizeOf);
  return {
    depth: 1 + Math.max(0, ...parts.map(({ depth }) => depth)),
    nodes: 1 + parts.reduce((nodes, part) => nodes + part.nodes, 0),
  };
}

function isDeeperThan(json: unknown, depthMax: number): boolean {
  let level: unknown[] = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) return true;
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
  return false;
}

function errorOf(issue: z.core.$ZodIssue): RuleError {
  return { path: issue.path.join("."), what: whatOf(issue), accepted: acceptedOf(issue) };
}

function whatOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return `has unknown keys: ${issue.keys.slice(0, 5).join(", ").slice(0, 200)}`;
    case "invalid_type":
      return `is not of type ${issue.expected}`;
    case "too_big":
      return "is too large or too long";
    case "too_small":
      return "is too small or too short";
    case "invalid_value":
    case "invalid_union":
      return "is none of the accepted values";
    case "invalid_format":
      return "is of the wrong form";
    default:
      return issue.message;
  }
}

function acceptedOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected;
    case "too_big":
      return `${issue.inclusive === false ? "below" : "at most"} ${issue.maximum}`;
    case "too_small":
      return `${issue.inclusive === false ? "above" : "at least"} ${issue.minimum}`;
    case "invalid_value":
      return `one of ${issue.values.join(", ")}`;
    case "invalid_union":
      return "one of boost, bury, pin, cap, filter";
    case "unrecognized_keys":
      return keysAt(issue.path);
    case "invalid_format":
      return issue.pattern ? `text of the form ${issue.pattern}` : `a text of the form ${issue.format}`;
    case "custom":
      return typeof issue.params?.accepted === "string" ? issue.params.accepted : "another value";
    default:
      return "another value";
  }
}

const keysOf = ({ shape }: { readonly shape: object }): string => Object.keys(shape).join(", ");
const MATCH_KEYS = ["all", "any", "not", ...Object.keys(conditions)].join(", ");
/** By the last name of a path; what is not here is a range. */
const KEYS: ReadonlyMap<string, string> = new Map([
  ["", keysOf(RuleSet)],
  ["rules", keysOf(Rule)],
  ["when", keysOf(When)],
  ["schedule", keysOf(Schedule)],
  ["hours", "from, until"],
  ["row", "kind, rowId"],
  ["rows", "kind, rowId"],
  ["effect", Effect.options.map(({ shape }) => `${shape.kind.value}: ${keysOf({ shape })}`).join("; ")],
  ...["match", "all", "any", "not"].map((name) => [name, MATCH_KEYS] as const),
]);

const keysAt = (path: readonly PropertyKey[]): string =>
  KEYS.get(String(path.findLast((part) => typeof part === "string") ?? "")) ?? "from, to";
