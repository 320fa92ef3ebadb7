/**
 * Business rules on a page (the language and the order of effects: contracts/src/rules.ts).
 *
 * A rule set is compiled once for a view: for every title one bit a rule (rule-matches.ts), for every kind of row one bit
 * a rule. A request works out which rules hold now, and a title is then asked `bits & active`: nothing for most titles.
 *
 * A page: `beginRules`; `isRemoved` beside visibility, wherever titles are offered; for each row `arrange` (filters,
 * boosts and buries), then whatever else re-ranks, then `settle` (pins, caps). What enters a row behind that asks
 * `admits` and says `count`. Synchronous: one page at a time on one compiled set.
 *
 * Titles that pins want are kept out of other rows from the beginning, and a pin gives only what `mayRecommend`.
 * Of the order of the rules nothing depends but pins of one priority: all else is worked out by the ids' order.
 */
import {
  DAYS_OF_WEEK,
  FACTOR_MAX,
  FACTOR_MIN,
  PIN_ROW_KINDS,
  type RowSelector,
  RULE_ROW_KINDS,
  type Rule,
  type RuleRowKind,
  type RuleSet,
  type Schedule,
  type When,
} from "@thewatcher/contracts/rules";
import { assert } from "@thewatcher/kit/assert";
import { compileMatches, holds, isSet, type Moment, type RuleTitles, type TitleMatch } from "./rule-matches.ts";

/** Titles a pin looks through: behind so many that may not be shown, it gives up. */
const PIN_TITLES_MAX = 200;
/** Rows that a page keeps whatever rules take out: a page of two rows looks broken. */
export const RULED_ROWS_MIN = 3;
/** Longest row that is arranged. */
const ROW_CANDIDATES_MAX = 1_024;
/** Zones differ from UTC by multiples of it: hour and day are the same within. */
const ZONE_STEP_MS = 15 * 60_000;
const ADULT_AGE = 18;
const KIND_NUMBERS = new Map(RULE_ROW_KINDS.map((kind, number) => [kind, number]));

interface CompiledWhen {
  readonly from: number;
  readonly until: number;
  /** Bits of Monday to Sunday, of the hours; undefined: any. */
  readonly days: number | undefined;
  readonly hours: number | undefined;
  readonly zone: string;
  readonly countries: ReadonlySet<string> | undefined;
  readonly plans: ReadonlySet<string> | undefined;
  readonly devices: ReadonlySet<string> | undefined;
  readonly ageProfiles: ReadonlySet<string> | undefined;
}

interface CompiledPin {
  readonly rule: number;
  readonly row: RowSelector;
  readonly position: number;
  readonly priority: number;
  readonly titles: Int32Array;
}

export interface CompiledRules {
  /** Those that are enabled, by id. A rule's number is its place here. */
  readonly rules: readonly Rule[];
  readonly words: number;
  /** [titles × words]. */
  readonly titleBits: Uint32Array;
  readonly matches: readonly TitleMatch[];
  /** [words] each: rules of an effect; filters that name no rows; rules with a question left. */
  readonly filters: Uint32Array;
  readonly pageFilters: Uint32Array;
  readonly factorRules: Uint32Array;
  readonly caps: Uint32Array;
  readonly asking: Uint32Array;
  readonly factors: Float64Array;
  readonly capSizes: Int32Array;
  readonly whens: readonly CompiledWhen[];
  /** [kinds × words]: rules that act in rows of the kind; by id of the row, those beside them. */
  readonly kindRules: Uint32Array;
  readonly rowRules: ReadonlyMap<string, Uint32Array>;
  /** By priority, then by the order of the rules. */
  readonly pins: readonly CompiledPin[];
  readonly addedAt: Float64Array;
  readonly clocks: Map<string, ZoneClock>;
  readonly work: Work;
}

/** Of the page under way. */
interface Work {
  /** [words]: rules that hold; of them the filters that name no rows. */
  readonly active: Uint32Array;
  readonly activeFilters: Uint32Array;
  /** [words] each: what acts in the row under way, by effect. */
  readonly row: Uint32Array;
  readonly rowFilters: Uint32Array;
  readonly rowFactors: Uint32Array;
  /** Both of them. */
  readonly rowMoves: Uint32Array;
  readonly rowCaps: Uint32Array;
  /** [rules]: titles that a cap lets into the row still. */
  readonly capLeft: Int32Array;
  /** [titles]: in which page a pin wants it. */
  readonly wanted: Uint32Array;
  page: number;
}

export function compileRules(ruleSet: RuleSet, titles: RuleTitles): CompiledRules {
  const enabled = ruleSet.rules.filter(({ enabled: isOn }) => isOn);
  const rules = [...enabled].sort((a, b) => (a.ruleId < b.ruleId ? -1 : 1));
  const words = Math.max(1, Math.ceil(rules.length / 32));
  const matches = compileMatches(
    rules.map(({ match }) => match),
    titles,
  );
  const titleBits = new Uint32Array(titles.titleCount * words);
  matches.forEach(({ possible }, rule) => {
    const word = rule >>> 5;
    const bit = 1 << (rule & 31);
    for (let at = 0; at < possible.length; at++) {
      for (let left = possible[at]!; left !== 0; left &= left - 1) {
        const index = at * 32 + lowestOf(left);
        if (index < titles.titleCount) titleBits[index * words + word] = titleBits[index * words + word]! | bit;
      }
    }
  });
  const masked = (is: (rule: Rule, number: number) => boolean): Uint32Array => {
    const mask = new Uint32Array(words);
    rules.forEach((rule, number) => {
      if (is(rule, number)) mask[number >>> 5] = mask[number >>> 5]! | (1 << (number & 31));
    });
    return mask;
  };
  const kindRules = new Uint32Array(RULE_ROW_KINDS.length * words);
  RULE_ROW_KINDS.forEach((kind, number) => {
    kindRules.set(
      masked((rule) => actsIn(rule, kind)),
      number * words,
    );
  });
  const rowIds = new Set(rules.flatMap(({ when }) => (when.rows ?? []).flatMap(({ rowId }) => rowId ?? [])));
  const namesRow = (rowId: string) => masked(({ when }) => when.rows?.some((row) => row.rowId === rowId) ?? false);
  return {
    rules,
    words,
    titleBits,
    matches,
    filters: masked(({ effect }) => effect.kind === "filter"),
    pageFilters: masked(({ effect, when }) => effect.kind === "filter" && when.rows === undefined),
    factorRules: masked(({ effect }) => effect.kind === "boost" || effect.kind === "bury"),
    caps: masked(({ effect }) => effect.kind === "cap"),
    asking: masked((_, number) => matches[number]!.question !== undefined),
    factors: Float64Array.from(rules, ({ effect }) => ("factor" in effect ? effect.factor : 1)),
    capSizes: Int32Array.from(rules, ({ effect }) => (effect.kind === "cap" ? effect.perRow : 0)),
    whens: rules.map(({ when }) => compileWhen(when)),
    kindRules,
    rowRules: new Map([...rowIds].map((rowId) => [rowId, namesRow(rowId)])),
    pins: compilePins(enabled, rules, matches, titles),
    addedAt: titles.addedAt,
    clocks: new Map(),
    work: {
      active: new Uint32Array(words),
      activeFilters: new Uint32Array(words),
      row: new Uint32Array(words),
      rowFilters: new Uint32Array(words),
      rowFactors: new Uint32Array(words),
      rowMoves: new Uint32Array(words),
      rowCaps: new Uint32Array(words),
      capLeft: new Int32Array(rules.length),
      wanted: new Uint32Array(titles.titleCount),
      page: 0,
    },
  };
}

/** Of a rule that names no row by its id. */
function actsIn({ when: { rows }, effect }: Rule, kind: RuleRowKind): boolean {
  if (rows) return rows.some((row) => row.kind === kind);
  return kind !== "continue_watching" && (kind !== "top_in_country" || effect.kind === "filter");
}

function compileWhen({ schedule = {}, countries, plans, devices, ageProfiles }: When): CompiledWhen {
  const { from, until, daysOfWeek, hours, zone = "UTC" } = schedule;
  return {
    from: from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from),
    until: until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until),
    days: daysOfWeek?.reduce((bits, day) => bits | (1 << DAYS_OF_WEEK.indexOf(day)), 0),
    hours: hours && hourBits(hours),
    zone,
    countries: countries && new Set(countries),
    plans: plans && new Set(plans),
    devices: devices && new Set(devices),
    ageProfiles: ageProfiles && new Set(ageProfiles),
  };
}

function hourBits({ from, until }: NonNullable<Schedule["hours"]>): number {
  let bits = 0;
  for (let hour = 0; hour < 24; hour++) {
    const isIn = from < until ? hour >= from && hour < until : hour >= from || hour < until;
    if (isIn) bits |= 1 << hour;
  }
  return bits;
}

function compilePins(
  inOrder: readonly Rule[],
  rules: readonly Rule[],
  matches: readonly TitleMatch[],
  titles: RuleTitles,
): CompiledPin[] {
  const numbers = new Map(rules.map(({ ruleId }, number) => [ruleId, number]));
  return inOrder
    .flatMap(({ ruleId, match, effect }) => {
      if (effect.kind !== "pin") return [];
      const rule = numbers.get(ruleId)!;
      const named = match.titleIds?.flatMap((titleId) => titles.indexOf.get(titleId) ?? []);
      const meant: number[] = [];
      for (const index of named ?? titles.preference) {
        if (meant.length < PIN_TITLES_MAX && isSet(matches[rule]!.possible, index)) meant.push(index);
      }
      const { row, position, priority } = effect;
      return [{ rule, row, position, priority, titles: Int32Array.from(meant) }];
    })
    .sort((a, b) => b.priority - a.priority);
}

export interface RuleRequest extends Omit<Moment, "addedAt"> {
  readonly country: string;
  /** null: nothing is subscribed to. */
  readonly planId: string | null;
  readonly device: string;
  /** In years; null: an adult's. */
  readonly ageLimit: number | null;
  /** Everything that no rule may override, at that moment: visible, of age, wanted, not on the page yet. */
  readonly mayRecommend: (index: number) => boolean;
  /** Kinds of rows that this answer may have: what is pinned to others is not kept for them. */
  readonly rowKinds: readonly RuleRowKind[];
  /** Without filters and caps: see `withRows`. */
  readonly relaxed?: boolean;
  /** For traces. */
  readonly onEffect?: (effect: RuleEffect) => void;
}

/** What a rule did to a title. */
export interface RuleEffect {
  readonly ruleId: string;
  readonly title: number;
  /** undefined: on the whole page; told each time that somebody asks. */
  readonly rowId: string | undefined;
  readonly kind: "removed" | "moved" | "pinned" | "capped";
}

/** A page under way. */
export interface RuledPage {
  readonly compiled: CompiledRules;
  readonly request: RuleRequest;
  readonly moment: Moment;
  /** Of those that hold, in order, each with the title kept for it; −1: it takes one that is free then. */
  readonly pins: readonly { readonly pin: CompiledPin; readonly title: number }[];
}

export function beginRules(compiled: CompiledRules, request: RuleRequest): RuledPage {
  const { words, whens, filters, pageFilters, caps, work, pins, addedAt } = compiled;
  const { active, wanted } = work;
  active.fill(0);
  whens.forEach((when, rule) => {
    if (isNow(when, request, compiled.clocks)) active[rule >>> 5] = active[rule >>> 5]! | (1 << (rule & 31));
  });
  if (request.relaxed) {
    for (let word = 0; word < words; word++) active[word] = active[word]! & ~(filters[word]! | caps[word]!);
  }
  for (let word = 0; word < words; word++) work.activeFilters[word] = active[word]! & pageFilters[word]!;
  work.page = work.page === 2 ** 32 - 1 ? 1 : work.page + 1;
  if (work.page === 1) wanted.fill(0);
  const { at, leavesAt } = request;
  const page = { compiled, request, moment: { at, leavesAt, addedAt } };
  const holding: { pin: CompiledPin; title: number }[] = [];
  for (const pin of pins) {
    if ((active[pin.rule >>> 5]! & (1 << (pin.rule & 31))) === 0) continue;
    const { kind } = pin.row;
    if (kind !== undefined && !request.rowKinds.includes(kind)) continue;
    const title = kind === undefined ? -1 : pinnable(page, pin);
    if (kind !== undefined && title < 0) continue;
    if (title >= 0) wanted[title] = work.page;
    holding.push({ pin, title });
  }
  return { ...page, pins: holding };
}

type Asked = Pick<RuledPage, "compiled" | "moment">;

/** The first title of a pin that may be recommended, and that no other pin keeps; −1: none. */
function pinnable(page: Omit<RuledPage, "pins">, { rule, titles }: CompiledPin): number {
  const { compiled, request } = page;
  const { activeFilters, wanted, page: number } = compiled.work;
  for (const index of titles) {
    if (wanted[index] === number || !means(page, rule, index) || !request.mayRecommend(index)) continue;
    if (firstOf(page, activeFilters, index) < 0) return index;
  }
  return -1;
}

/** Of a title whose bit is set. */
function means({ compiled, moment }: Asked, rule: number, index: number): boolean {
  const { question } = compiled.matches[rule]!;
  return question === undefined || holds(question, index, moment);
}

/** The first rule of `mask` that means the title; −1: none. */
function firstOf(page: Asked, mask: Uint32Array, index: number): number {
  const { words, titleBits, asking } = page.compiled;
  for (let word = 0; word < words; word++) {
    for (let left = titleBits[index * words + word]! & mask[word]!; left !== 0; left &= left - 1) {
      const rule = word * 32 + lowestOf(left);
      const bit = left & -left;
      if ((asking[word]! & bit) === 0 || means(page, rule, index)) return rule;
    }
  }
  return -1;
}

/** The filter that names no rows and takes the title off the page; undefined: none does. */
export function removedBy(page: RuledPage, index: number): string | undefined {
  const rule = firstOf(page, page.compiled.work.activeFilters, index);
  if (rule < 0) return undefined;
  tell(page, rule, index, undefined, "removed");
  return page.compiled.rules[rule]!.ruleId;
}

export interface RuledRow {
  readonly kind: RuleRowKind;
  readonly rowId: string;
}

/** The candidates of one row: those that keep their rank, and those that a factor moves, by where they are to stand. */
const kept = { titles: new Int32Array(ROW_CANDIDATES_MAX), ranks: new Int32Array(ROW_CANDIDATES_MAX) };
const moved = {
  titles: new Int32Array(ROW_CANDIDATES_MAX),
  ranks: new Int32Array(ROW_CANDIDATES_MAX),
  keys: new Float64Array(ROW_CANDIDATES_MAX),
};

/**
 * The row's candidates (in the order of ranking) without what filters take out, in the order that boosts and buries make
 * of it; answers how many. Begins the row: its caps count from here.
 */
export function arrange(page: RuledPage, row: RuledRow, titles: ArrayLike<number>, out: Int32Array): number {
  const { length } = titles;
  assert(length <= ROW_CANDIDATES_MAX && length <= out.length, "a row within its limits", () => row);
  beginRow(page, row);
  const { words, titleBits, work } = page.compiled;
  const { rowMoves, rowFilters } = work;
  const { titles: keptTitles, ranks } = kept;
  let keptCount = 0;
  let movedCount = 0;
  for (let place = 0; place < length; place++) {
    const title = titles[place]!;
    const rank = keptCount + movedCount + 1;
    let meant = 0;
    for (let word = 0; word < words; word++) meant |= titleBits[title * words + word]! & rowMoves[word]!;
    // Two titles of three, with fifty rules.
    if (meant === 0) {
      keptTitles[keptCount] = title;
      ranks[keptCount++] = rank;
      continue;
    }
    const filter = firstOf(page, rowFilters, title);
    if (filter >= 0) {
      tell(page, filter, title, row, "removed");
      continue;
    }
    const factor = factorOf(page, title, row);
    if (factor === 1) {
      keptTitles[keptCount] = title;
      ranks[keptCount++] = rank;
    } else {
      insertMoved(movedCount++, title, rank, rank / factor);
    }
  }
  return merge(keptCount, movedCount, out);
}

function beginRow({ compiled }: RuledPage, { kind, rowId }: RuledRow): void {
  const { words, work, kindRules, rowRules, filters, factorRules, caps, capSizes } = compiled;
  const number = KIND_NUMBERS.get(kind);
  assert(number !== undefined, "a kind of row that rules know", () => kind);
  const byId = rowRules.get(rowId);
  for (let word = 0; word < words; word++) {
    const acting = work.active[word]! & (kindRules[number * words + word]! | (byId ? byId[word]! : 0));
    work.row[word] = acting;
    work.rowFilters[word] = acting & filters[word]!;
    // Whichever way a rule names the chart: its ranks are facts.
    work.rowFactors[word] = kind === "top_in_country" ? 0 : acting & factorRules[word]!;
    work.rowMoves[word] = work.rowFilters[word]! | work.rowFactors[word]!;
    work.rowCaps[word] = acting & caps[word]!;
  }
  work.capLeft.set(capSizes);
}

/** Of all rules that move the title here; they multiply. */
function factorOf(page: RuledPage, title: number, row: RuledRow): number {
  const { words, titleBits, work, asking, factors } = page.compiled;
  let factor = 1;
  for (let word = 0; word < words; word++) {
    let left = titleBits[title * words + word]! & work.rowFactors[word]!;
    for (; left !== 0; left &= left - 1) {
      const rule = word * 32 + lowestOf(left);
      if ((asking[word]! & (left & -left)) !== 0 && !means(page, rule, title)) continue;
      factor *= factors[rule]!;
      tell(page, rule, title, row, "moved");
    }
  }
  return factor === 1 ? 1 : Math.min(FACTOR_MAX, Math.max(FACTOR_MIN, factor));
}

/** By where they are to stand; at one place who came up, then who went down; then by rank. A few of a row's candidates. */
function insertMoved(count: number, title: number, rank: number, key: number): void {
  let at = count;
  for (; at > 0; at--) {
    const before = moved.keys[at - 1]!;
    if (before < key || (before === key && (key > rank || key < moved.ranks[at - 1]!))) break;
    moved.keys[at] = moved.keys[at - 1]!;
    moved.titles[at] = moved.titles[at - 1]!;
    moved.ranks[at] = moved.ranks[at - 1]!;
  }
  moved.keys[at] = key;
  moved.titles[at] = title;
  moved.ranks[at] = rank;
}

/** Where two want one place: who came up stands first, who went down last. */
function merge(keptCount: number, movedCount: number, out: Int32Array): number {
  const { titles, ranks } = kept;
  let next = 0;
  let place = 0;
  for (let at = 0; at < movedCount; at++) {
    const key = moved.keys[at]!;
    const isUp = key < moved.ranks[at]!;
    while (next < keptCount && (ranks[next]! < key || (ranks[next] === key && !isUp))) out[place++] = titles[next++]!;
    out[place++] = moved.titles[at]!;
  }
  while (next < keptCount) out[place++] = titles[next++]!;
  return place;
}

/**
 * The row as it stands: at most `itemsMax` of `ordered` that caps let in, pinned titles at their positions. `reserved`
 * are positions that are filled afterwards by others (drawn slots), who push what stands there one place on: pins count
 * with them, and one that wants such a place stands right behind it.
 */
export function settle(
  page: RuledPage,
  row: RuledRow,
  ordered: ArrayLike<number>,
  { itemsMax, reserved }: { readonly itemsMax: number; readonly reserved: readonly number[] },
): number[] {
  const pinned = pinnedIn(page, row, itemsMax, reserved);
  const { wanted } = page.compiled.work;
  const out: number[] = [];
  let next = 0;
  while (out.length < itemsMax) {
    const pin = pinned.get(out.length);
    if (pin !== undefined) {
      pinned.delete(out.length);
      out.push(pin);
      continue;
    }
    if (next === ordered.length) break;
    const title = ordered[next++]!;
    if (wanted[title] === page.compiled.work.page) continue;
    const cap = cappedBy(page, title, 1);
    if (cap >= 0) {
      tell(page, cap, title, row, "capped");
      continue;
    }
    count(page, title);
    out.push(title);
  }
  // A row that ends before their positions: they stand at its end.
  for (const title of pinned.values()) if (out.length < itemsMax) out.push(title);
  return out;
}

/** Pinned titles by their places among what is settled. They are counted by the caps. */
function pinnedIn(page: RuledPage, row: RuledRow, itemsMax: number, reserved: readonly number[]): Map<number, number> {
  const { compiled, request } = page;
  if (page.pins.length === 0 || !(PIN_ROW_KINDS as readonly string[]).includes(row.kind)) return new Map();
  const pinned = new Map<number, number>();
  for (const { pin, title: keptTitle } of page.pins) {
    const { row: meant, position, rule } = pin;
    const isHere = meant.kind === undefined ? meant.rowId === row.rowId : meant.kind === row.kind;
    if (!isHere || (compiled.work.row[rule >>> 5]! & (1 << (rule & 31))) === 0) continue;
    const title = keptTitle < 0 ? pinnable(page, pin) : keptTitle;
    if (title < 0 || !request.mayRecommend(title) || isOneOf(pinned, title)) continue;
    if (firstOf(page, compiled.work.rowFilters, title) >= 0) continue;
    const before = reserved.filter((place) => place < position).length;
    let place = Math.min(position - before, itemsMax - 1);
    while (pinned.has(place)) place++;
    // Behind the row's end: from its end forwards, the first that is free.
    if (place >= itemsMax) for (place = itemsMax - 1; place >= 0 && pinned.has(place); place--);
    if (place < 0) continue;
    pinned.set(place, title);
    compiled.work.wanted[title] = compiled.work.page;
    count(page, title);
    tell(page, rule, title, row, "pinned");
  }
  return new Map([...pinned].sort(([a], [b]) => a - b));
}

const isOneOf = (pinned: ReadonlyMap<number, number>, title: number): boolean => [...pinned.values()].includes(title);

/** Whether the row under way may take `room` more titles of this one's kind: neither filtered, capped, nor pinned elsewhere. */
export function admits(page: RuledPage, title: number, room = 1): boolean {
  const { work } = page.compiled;
  return (
    work.wanted[title] !== work.page && firstOf(page, work.rowFilters, title) < 0 && cappedBy(page, title, room) < 0
  );
}

/** A title has entered the row under way. */
export function count(page: RuledPage, title: number): void {
  const { words, titleBits, work, asking } = page.compiled;
  for (let word = 0; word < words; word++) {
    let left = titleBits[title * words + word]! & work.rowCaps[word]!;
    for (; left !== 0; left &= left - 1) {
      const rule = word * 32 + lowestOf(left);
      if ((asking[word]! & (left & -left)) !== 0 && !means(page, rule, title)) continue;
      work.capLeft[rule] = work.capLeft[rule]! - 1;
    }
  }
}

/** The first cap that has no room for so many more of it; −1: none. */
function cappedBy(page: RuledPage, title: number, room: number): number {
  const { words, titleBits, work, asking } = page.compiled;
  for (let word = 0; word < words; word++) {
    let left = titleBits[title * words + word]! & work.rowCaps[word]!;
    for (; left !== 0; left &= left - 1) {
      const rule = word * 32 + lowestOf(left);
      if (work.capLeft[rule]! >= room) continue;
      if ((asking[word]! & (left & -left)) === 0 || means(page, rule, title)) return rule;
    }
  }
  return -1;
}

/**
 * A page that rules leave fewer than RULED_ROWS_MIN rows is composed again without their filters and caps, and that page
 * is taken where it has more: what must not be shown is the catalogue's to say (rights, age), not a rule's.
 */
export function withRows<Page>(
  compose: (rules: { readonly relaxed: boolean }) => Page,
  rowCountOf: (page: Page) => number,
): { readonly page: Page; readonly relaxed: boolean } {
  const page = compose({ relaxed: false });
  if (rowCountOf(page) >= RULED_ROWS_MIN) return { page, relaxed: false };
  const relaxedPage = compose({ relaxed: true });
  return rowCountOf(relaxedPage) > rowCountOf(page) ? { page: relaxedPage, relaxed: true } : { page, relaxed: false };
}

function tell(page: RuledPage, rule: number, title: number, row: RuledRow | undefined, kind: RuleEffect["kind"]): void {
  page.request.onEffect?.({ ruleId: page.compiled.rules[rule]!.ruleId, title, rowId: row?.rowId, kind });
}

/** The place of the lowest bit that is set. */
const lowestOf = (bits: number): number => 31 - Math.clz32(bits & -bits);

function isNow(when: CompiledWhen, request: RuleRequest, clocks: Map<string, ZoneClock>): boolean {
  const { at, country, planId, device, ageLimit } = request;
  const { countries, plans, devices, ageProfiles, days, hours, zone } = when;
  if (at < when.from || at >= when.until) return false;
  if (countries && !countries.has(country)) return false;
  if (plans && (planId === null || !plans.has(planId))) return false;
  if (devices && !devices.has(device)) return false;
  if (ageProfiles && !ageProfiles.has(ageLimit !== null && ageLimit < ADULT_AGE ? "kids" : "adult")) return false;
  if (days === undefined && hours === undefined) return true;
  const { day, hour } = zoneTime(clocks, zone, at);
  return (days === undefined || (days & (1 << day)) !== 0) && (hours === undefined || (hours & (1 << hour)) !== 0);
}

interface ZoneClock {
  readonly format: Intl.DateTimeFormat;
  step: number;
  /** 0: Monday. */
  day: number;
  hour: number;
}

const DAY_NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** A clock of a zone is read anew every quarter of an hour: reading it takes microseconds, and a rule set has few zones. */
function zoneTime(clocks: Map<string, ZoneClock>, zone: string, at: number): ZoneClock {
  let clock = clocks.get(zone);
  if (!clock) {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      weekday: "short",
      hour: "numeric",
      hourCycle: "h23",
    });
    clock = { format, step: Number.NaN, day: 0, hour: 0 };
    clocks.set(zone, clock);
  }
  const step = Math.floor(at / ZONE_STEP_MS);
  if (step !== clock.step) {
    clock.step = step;
    for (const { type, value } of clock.format.formatToParts(at)) {
      if (type === "weekday") clock.day = DAY_NAMES.indexOf(value);
      if (type === "hour") clock.hour = Number(value);
    }
  }
  return clock;
}
