/**
 * From rows of interactions to what a model is trained on, what it is given and what it should find: each row gets one
 * part, then the parts become a `Split`.
 *
 * What lies at or behind a cut changes nothing before it, not even the order of sums: users and items are numbered anew
 * by their first row of training (then of input), repeats of an interaction are merged inside a part only, and the
 * catalogue is what training and input know. A target outside the catalogue
 * keeps an index behind it: no list can hold it, so it counts as a miss.
 */
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";
import { buildInteractions, type Interactions, type Split, type TimeQuality } from "./dataset.ts";
import { breathe, type Control } from "./model.ts";

export interface InteractionRows {
  readonly userCount: number;
  readonly itemCount: number;
  readonly userIndices: Uint32Array;
  readonly itemIndices: Uint32Array;
  /** All 1 when left out. */
  readonly weights?: Float32Array | undefined;
  /** The order of the rows when left out. */
  readonly occurredAt?: Float64Array | undefined;
  readonly timeQuality: TimeQuality;
}

/** What a row is for. Input is what a model is given beside what it was trained on; hidden is shown to nobody. */
export const PART = { train: 0, input: 1, target: 2, exclude: 3, hidden: 4 } as const;

export type SplitRule =
  /** The user's newest title is the target, the second-newest input only. */
  | { readonly kind: "leaveOneOut" }
  /** The newest `test` of all rows, or all from the moment `at` on. */
  | { readonly kind: "time"; readonly test: number | { readonly at: number }; readonly validation?: number | undefined }
  /** `test` of each user's rows, by chance. */
  | { readonly kind: "random"; readonly test: number; readonly validation?: number | undefined }
  /** `test` of the users, none of whose rows is trained on; a fifth of each one's rows is the target, the rest input. */
  | { readonly kind: "users"; readonly test: number; readonly validation?: number | undefined };

export interface SplitOptions {
  readonly seed: number;
  /**
   * For choosing settings: the validation part is the target and the test part is hidden. Without a validation part in
   * the rule it is as large as the test part (of a moment: a tenth of what lies before it).
   */
  readonly inner: boolean;
  /** Users whose third-newest title is input only as well: it has served to choose settings (leaveOneOut). */
  readonly validationUsers?: ReadonlySet<number> | undefined;
}

/** Of a user held out whole, this share is what the model should find (Liang et al. 2018). */
const HELD_OUT_TARGET_SHARE = 0.2;
const VALIDATION_SHARE_OF_A_MOMENT = 0.1;
/** 0.1 · 30 is 3.0000000000000004: shares are rounded down after this. */
const ROUNDING = 1e-9;

const STAGE = "split";

const shareOf = (fraction: number, count: number): number => Math.floor(fraction * count + ROUNDING);

/** The part of each row. */
export function splitRows(rows: InteractionRows, rule: SplitRule, options: SplitOptions): Uint8Array {
  switch (rule.kind) {
    case "leaveOneOut":
      return splitLastTitles(rows, options);
    case "time":
      return splitTimes(rows, rule, options);
    case "random":
      return splitByChance(rows, rule, options);
    case "users":
      return splitUsers(rows, rule, options);
  }
}

function splitLastTitles(rows: InteractionRows, { inner, validationUsers }: SplitOptions): Uint8Array {
  const parts = new Uint8Array(rows.userIndices.length).fill(PART.train);
  const { offsets, order } = rowsByUser(rows);
  const lastUser = new Int32Array(rows.itemCount).fill(-1);
  for (let user = 0; user < rows.userCount; user++) {
    const mine = order.subarray(offsets[user]!, offsets[user + 1]!);
    // Where a title stands for the first time: what is watched again is never a target, it would not be recommended.
    const firsts: number[] = [];
    mine.forEach((row, position) => {
      const item = rows.itemIndices[row]!;
      if (lastUser[item] !== user) firsts.push(position);
      lastUser[item] = user;
    });
    /** Where the n-th newest title begins; 0 where there are fewer. */
    const begin = (n: number): number => firsts[firsts.length - n] ?? 0;
    const target = begin(inner ? 3 : 1);
    const inputFrom = inner ? target : begin(validationUsers?.has(user) ? 3 : 2);
    mine.forEach((row, position) => {
      // Somebody without a title before the target would be ranked out of nothing.
      if (position === target && target > 0) parts[row] = PART.target;
      else if (position >= target) parts[row] = PART.hidden;
      else if (position >= inputFrom) parts[row] = PART.input;
    });
  }
  return parts;
}

function splitTimes(rows: InteractionRows, rule: SplitRule & { kind: "time" }, { inner }: SplitOptions): Uint8Array {
  const { occurredAt } = rows;
  if (rows.timeQuality === "synthetic" || occurredAt === undefined) {
    throw new UserError(
      "these interactions carry no times (only the order inside each user is known): split them by leave-one-out, random or users, not by time",
    );
  }
  const sorted = occurredAt.slice().sort();
  const timeAt = (position: number): number => sorted[Math.min(sorted.length - 1, position)]!;
  const { test } = rule;
  const at = typeof test === "number" ? timeAt(sorted.length - shareOf(test, sorted.length)) : test.at;
  const before = sorted.findIndex((time) => time >= at);
  const beforeCount = before < 0 ? sorted.length : before;
  let validationAt = at;
  if (rule.validation !== undefined || inner) {
    const fraction = rule.validation ?? (typeof test === "number" ? test : VALIDATION_SHARE_OF_A_MOMENT);
    const count = shareOf(fraction, typeof test === "number" ? sorted.length : beforeCount);
    validationAt = timeAt(Math.max(0, beforeCount - count));
  }
  return Uint8Array.from(occurredAt, (time) =>
    partOf(time < validationAt ? "train" : time < at ? "validation" : "test", inner),
  );
}

function splitByChance(
  rows: InteractionRows,
  rule: SplitRule & { kind: "random" },
  { seed, inner }: SplitOptions,
): Uint8Array {
  const parts = new Uint8Array(rows.userIndices.length).fill(PART.train);
  const { offsets, order } = rowsByUser(rows, "asRead");
  const validation = rule.validation ?? (inner ? rule.test : 0);
  for (let user = 0; user < rows.userCount; user++) {
    const mine = order.subarray(offsets[user]!, offsets[user + 1]!);
    const shuffled = shuffle(mine.length, mix(seed ^ mix(user + 1)));
    const testCount = shareOf(rule.test, mine.length);
    const validationCount = shareOf(validation, mine.length);
    shuffled.forEach((place, rank) => {
      const group = rank < testCount ? "test" : rank < testCount + validationCount ? "validation" : "train";
      parts[mine[place]!] = partOf(group, inner);
    });
  }
  return parts;
}

function splitUsers(
  rows: InteractionRows,
  rule: SplitRule & { kind: "users" },
  { seed, inner }: SplitOptions,
): Uint8Array {
  const parts = new Uint8Array(rows.userIndices.length).fill(PART.train);
  const { offsets, order } = rowsByUser(rows, "asRead");
  const testCount = shareOf(rule.test, rows.userCount);
  const validationCount = shareOf(rule.validation ?? (inner ? rule.test : 0), rows.userCount);
  shuffle(rows.userCount, mix(seed)).forEach((user, rank) => {
    if (rank >= testCount + validationCount) return;
    const mine = order.subarray(offsets[user]!, offsets[user + 1]!);
    const isEvaluated = inner ? rank >= testCount : rank < testCount;
    const targetCount = mine.length < 2 ? 0 : Math.max(1, shareOf(HELD_OUT_TARGET_SHARE, mine.length));
    shuffle(mine.length, mix(seed ^ mix(user + 1))).forEach((place, position) => {
      parts[mine[place]!] = !isEvaluated ? PART.hidden : position < targetCount ? PART.target : PART.input;
    });
  });
  return parts;
}

/** Validation rows are input at the test (never trained on); while settings are chosen they are the target. */
function partOf(group: "train" | "validation" | "test", inner: boolean): number {
  if (group === "train") return PART.train;
  if (group === "test") return inner ? PART.hidden : PART.target;
  return inner ? PART.target : PART.input;
}

/** Rows of each user, by time (`asRead`: in the order of the input). */
function rowsByUser(
  rows: InteractionRows,
  by: "time" | "asRead" = "time",
): { offsets: Uint32Array; order: Uint32Array } {
  const { userIndices, userCount, occurredAt } = rows;
  const offsets = new Uint32Array(userCount + 1);
  for (const user of userIndices) offsets[user + 1]!++;
  for (let user = 0; user < userCount; user++) offsets[user + 1]! += offsets[user]!;
  const next = offsets.slice(0, userCount);
  const order = new Uint32Array(userIndices.length);
  for (let row = 0; row < userIndices.length; row++) order[next[userIndices[row]!]!++] = row;
  if (by === "time" && occurredAt !== undefined) {
    for (let user = 0; user < userCount; user++) {
      order.subarray(offsets[user]!, offsets[user + 1]!).sort((a, b) => occurredAt[a]! - occurredAt[b]! || a - b);
    }
  }
  return { offsets, order };
}

/** The finaliser of MurmurHash3. */
function mix(value: number): number {
  let z = (value + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

/** 0…count-1 in the order of their hashes. */
function shuffle(count: number, seed: number): Uint32Array {
  const keys = Uint32Array.from({ length: count }, (_, place) => mix(seed ^ mix(place)));
  return Uint32Array.from(keys, (_, place) => place).sort((a, b) => keys[a]! - keys[b]! || a - b);
}

export interface SplitCounts {
  readonly trainingInteractions: number;
  readonly trainingUsers: number;
  /** Items that may be recommended. */
  readonly catalogue: number;
  readonly targetInteractions: number;
  readonly evaluatedUsers: number;
  /** Evaluated users without any input: a model knows nothing of them. */
  readonly coldUsers: number;
  /** Evaluated users without a row in training (they may have input). */
  readonly untrainedUsers: number;
  /** Targets outside the catalogue: they count as misses. */
  readonly targetsOutsideCatalogue: number;
  /** Target rows of titles that are left out of the user's list (in training, input or exclude): not targets. */
  readonly targetsLeftOut: number;
  /** Rows of training that repeat another one of the same user and item. */
  readonly repeatedInteractions: number;
}

export interface AssembledSplit {
  readonly split: Split;
  /** By the split's user index: the index in the rows. */
  readonly users: Uint32Array;
  /** By the split's item index: the index in the rows; the catalogue first. */
  readonly items: Uint32Array;
  readonly counts: SplitCounts;
}

/** Comes up for air between its parts: each is a second or so for five million rows. */
export async function assembleSplit(
  rows: InteractionRows,
  parts: Uint8Array,
  control?: Control,
): Promise<AssembledSplit> {
  assert(parts.length === rows.userIndices.length, "a part for each row");
  const users = renumbering(rows.userCount);
  const items = renumbering(rows.itemCount);
  for (const part of [PART.train, PART.input]) {
    parts.forEach((mine, row) => {
      if (mine !== part) return;
      users.add(rows.userIndices[row]!);
      items.add(rows.itemIndices[row]!);
    });
  }
  const itemCount = items.size();
  parts.forEach((mine, row) => {
    if (mine === PART.target) {
      users.add(rows.userIndices[row]!);
      items.add(rows.itemIndices[row]!);
    }
  });
  const userCount = users.size();

  const build = (accepts: (row: number) => boolean, indexCount: number): { data: Interactions; rowCount: number } => {
    let rowCount = 0;
    for (let row = 0; row < parts.length; row++) if (accepts(row)) rowCount++;
    const userIndices = new Uint32Array(rowCount);
    const itemIndices = new Uint32Array(rowCount);
    const weights = rows.weights ? new Float32Array(rowCount) : undefined;
    const occurredAt = rows.occurredAt ? new Float64Array(rowCount) : undefined;
    let at = 0;
    for (let row = 0; row < parts.length; row++) {
      if (!accepts(row)) continue;
      userIndices[at] = users.indexOf(rows.userIndices[row]!);
      itemIndices[at] = items.indexOf(rows.itemIndices[row]!);
      if (weights) weights[at] = rows.weights![row]!;
      if (occurredAt) occurredAt[at] = rows.occurredAt![row]!;
      at++;
    }
    const columns = { userIndices, itemIndices, weights, occurredAt };
    return {
      data: buildInteractions(columns, { userCount, itemCount: indexCount, timeQuality: rows.timeQuality }),
      rowCount,
    };
  };

  await breathe(control, STAGE, 0.2);
  const hasPart = (part: number) => parts.some((mine) => mine === part);
  const train = build((row) => parts[row] === PART.train, itemCount);
  await breathe(control, STAGE, 0.5);
  const histories = hasPart(PART.input)
    ? build((row) => parts[row] === PART.train || parts[row] === PART.input, itemCount).data
    : train.data;
  await breathe(control, STAGE, 0.8);
  // An excluded title outside the catalogue can't be recommended anyway.
  const exclude = hasPart(PART.exclude)
    ? build(
        (row) =>
          parts[row] === PART.exclude &&
          users.has(rows.userIndices[row]!) &&
          items.indexOf(rows.itemIndices[row]!) < itemCount,
        itemCount,
      ).data
    : undefined;
  const wanted = build((row) => parts[row] === PART.target, items.size());
  const targets = withoutSeen(wanted.data, exclude ? [histories, exclude] : [histories]);

  const isRow = (data: Interactions, user: number) => data.rowOffsets[user + 1]! > data.rowOffsets[user]!;
  let evaluatedUsers = 0;
  let coldUsers = 0;
  let untrainedUsers = 0;
  let trainingUsers = 0;
  for (let user = 0; user < userCount; user++) {
    if (isRow(train.data, user)) trainingUsers++;
    if (!isRow(targets, user)) continue;
    evaluatedUsers++;
    if (!isRow(histories, user)) coldUsers++;
    if (!isRow(train.data, user)) untrainedUsers++;
  }
  return {
    split: { train: train.data, histories, targets, ...(exclude ? { exclude } : {}) },
    users: users.order(),
    items: items.order(),
    counts: {
      trainingInteractions: train.data.itemIndices.length,
      trainingUsers,
      catalogue: itemCount,
      targetInteractions: targets.itemIndices.length,
      evaluatedUsers,
      coldUsers,
      untrainedUsers,
      targetsOutsideCatalogue: targets.itemIndices.reduce((count, item) => count + (item >= itemCount ? 1 : 0), 0),
      targetsLeftOut: wanted.data.itemIndices.length - targets.itemIndices.length,
      repeatedInteractions: train.rowCount - train.data.itemIndices.length,
    },
  };
}

/** Dense indices in the order in which they are first met. */
function renumbering(count: number) {
  const indices = new Int32Array(count).fill(-1);
  const order = new Uint32Array(count);
  let size = 0;
  return {
    add(index: number): void {
      if (indices[index] !== -1) return;
      order[size] = index;
      indices[index] = size++;
    },
    has: (index: number): boolean => indices[index] !== -1,
    /** Beyond every index for one that was never met. */
    indexOf: (index: number): number => (indices[index] === -1 ? count : indices[index]!),
    size: (): number => size,
    order: (): Uint32Array => order.slice(0, size),
  };
}

/** What a list never holds is no target. */
function withoutSeen(targets: Interactions, sources: readonly Interactions[]): Interactions {
  const seenBy = new Int32Array(targets.itemCount).fill(-1);
  const rowOffsets = new Uint32Array(targets.userCount + 1);
  const kept = new Uint32Array(targets.itemIndices.length);
  let end = 0;
  for (let user = 0; user < targets.userCount; user++) {
    for (const { rowOffsets: offsets, itemIndices } of sources) {
      for (let e = offsets[user]!; e < offsets[user + 1]!; e++) seenBy[itemIndices[e]!] = user;
    }
    for (let e = targets.rowOffsets[user]!; e < targets.rowOffsets[user + 1]!; e++) {
      if (seenBy[targets.itemIndices[e]!] !== user) kept[end++] = e;
    }
    rowOffsets[user + 1] = end;
  }
  const rows = kept.subarray(0, end);
  return {
    ...targets,
    rowOffsets,
    itemIndices: Int32Array.from(rows, (e) => targets.itemIndices[e]!),
    weights: Float32Array.from(rows, (e) => targets.weights[e]!),
    occurredAt: Float64Array.from(rows, (e) => targets.occurredAt[e]!),
  };
}
