/**
 * Interactions as every model sees them: compressed sparse rows over users, each row from the oldest interaction to
 * the newest. 16 bytes an interaction.
 *
 * Duplicates of (user, item) become one interaction with the largest weight and the latest time, standing where the
 * latest one stood: delivering a row twice changes nothing, and a title seen again counts as recent.
 * Order inside a row: `occurredAt`, then the order of the input.
 */
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";

/** "synthetic": the times only carry an order inside each user; comparing them between users means nothing. */
export type TimeQuality = "observed" | "synthetic";

export interface Interactions {
  readonly userCount: number;
  readonly itemCount: number;
  /** userCount + 1 long; row u is [rowOffsets[u], rowOffsets[u + 1]). */
  readonly rowOffsets: Uint32Array;
  readonly itemIndices: Int32Array;
  /** Graded signal, above 0. */
  readonly weights: Float32Array;
  /** Milliseconds since the epoch. */
  readonly occurredAt: Float64Array;
  readonly timeQuality: TimeQuality;
  readonly countryCodes: readonly string[];
  /** Per user an index into countryCodes, -1 where the country is unknown. */
  readonly userCountries: Int32Array;
}

/** One row per observation, in any order. */
export interface InteractionColumns {
  readonly userIndices: ArrayLike<number>;
  readonly itemIndices: ArrayLike<number>;
  /** All 1 when left out. */
  readonly weights?: ArrayLike<number> | undefined;
  /** The order of the rows when left out; the data is then marked synthetic. */
  readonly occurredAt?: ArrayLike<number> | undefined;
}

export interface InteractionsShape {
  readonly userCount: number;
  readonly itemCount: number;
  /** "observed" when left out and times are given. */
  readonly timeQuality?: TimeQuality | undefined;
  /** Per user a country code, or undefined where it is unknown. */
  readonly countryOf?: ((userIndex: number) => string | undefined) | undefined;
}

/** Row offsets are 32 bits, and sorting needs as much again beside: 2^31 interactions would already be 64 GiB. */
const INTERACTIONS_MAX = 2 ** 31;

export function buildInteractions(columns: InteractionColumns, shape: InteractionsShape): Interactions {
  const { userIndices, itemIndices, weights, occurredAt } = columns;
  const { userCount, itemCount } = shape;
  const rows = userIndices.length;
  assert(itemIndices.length === rows, "columns are equally long");
  assert(weights === undefined || weights.length === rows, "columns are equally long");
  assert(occurredAt === undefined || occurredAt.length === rows, "columns are equally long");
  if (rows > INTERACTIONS_MAX) throw new UserError(`${rows} interactions; at most ${INTERACTIONS_MAX} are accepted`);

  const offsets = new Uint32Array(userCount + 1);
  for (let row = 0; row < rows; row++) {
    const user = userIndices[row]!;
    const item = itemIndices[row]!;
    if (!(Number.isInteger(user) && user >= 0 && user < userCount)) {
      throw new UserError(`interaction ${row}: user index ${user} is not an integer from 0 to ${userCount - 1}`);
    }
    if (!(Number.isInteger(item) && item >= 0 && item < itemCount)) {
      throw new UserError(`interaction ${row}: item index ${item} is not an integer from 0 to ${itemCount - 1}`);
    }
    const weight = weights === undefined ? 1 : Math.fround(weights[row]!);
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new UserError(`interaction ${row}: weight ${weights?.[row]} is not a finite number above 0 (in 32 bits)`);
    }
    if (occurredAt !== undefined && !Number.isFinite(occurredAt[row]!)) {
      throw new UserError(`interaction ${row}: occurredAt ${occurredAt[row]} is not a finite number of milliseconds`);
    }
    offsets[user + 1]!++;
  }
  for (let user = 0; user < userCount; user++) offsets[user + 1]! += offsets[user]!;

  // Counting sort by user keeps the input's order; then each user's rows by time, when they are not already.
  const order = new Uint32Array(rows);
  const next = offsets.slice(0, userCount);
  for (let row = 0; row < rows; row++) order[next[userIndices[row]!]!++] = row;
  if (occurredAt !== undefined) {
    for (let user = 0; user < userCount; user++) {
      const mine = order.subarray(offsets[user]!, offsets[user + 1]!);
      if (!isAscending(mine, occurredAt)) mine.sort((a, b) => occurredAt[a]! - occurredAt[b]! || a - b);
    }
  }

  const kept = { items: new Int32Array(rows), weights: new Float32Array(rows), occurredAt: new Float64Array(rows) };
  const rowOffsets = new Uint32Array(userCount + 1);
  // Which user last touched an item, and the slot it went to: duplicates are found without a set per user.
  const lastUser = new Int32Array(itemCount).fill(-1);
  const slotOf = new Uint32Array(itemCount);
  let end = 0;
  for (let user = 0; user < userCount; user++) {
    const begin = end;
    // From the newest to the oldest, so that the first meeting of an item is the one that stays; reversed afterwards.
    for (let e = offsets[user + 1]! - 1; e >= offsets[user]!; e--) {
      const row = order[e]!;
      const item = itemIndices[row]!;
      const weight = Math.fround(weights === undefined ? 1 : weights[row]!);
      if (lastUser[item] === user) {
        const slot = slotOf[item]!;
        if (weight > kept.weights[slot]!) kept.weights[slot] = weight;
        continue;
      }
      lastUser[item] = user;
      slotOf[item] = end;
      kept.items[end] = item;
      kept.weights[end] = weight;
      kept.occurredAt[end] = occurredAt === undefined ? row : occurredAt[row]!;
      end++;
    }
    for (const column of [kept.items, kept.weights, kept.occurredAt]) column.subarray(begin, end).reverse();
    rowOffsets[user + 1] = end;
  }

  return {
    userCount,
    itemCount,
    rowOffsets,
    itemIndices: end === rows ? kept.items : kept.items.slice(0, end),
    weights: end === rows ? kept.weights : kept.weights.slice(0, end),
    occurredAt: end === rows ? kept.occurredAt : kept.occurredAt.slice(0, end),
    timeQuality: occurredAt === undefined ? "synthetic" : (shape.timeQuality ?? "observed"),
    ...indexCountries(userCount, shape.countryOf),
  };
}

function isAscending(rows: Uint32Array, occurredAt: ArrayLike<number>): boolean {
  for (let e = 1; e < rows.length; e++) {
    if (occurredAt[rows[e - 1]!]! > occurredAt[rows[e]!]!) return false;
  }
  return true;
}

function indexCountries(
  userCount: number,
  countryOf: InteractionsShape["countryOf"],
): Pick<Interactions, "countryCodes" | "userCountries"> {
  const userCountries = new Int32Array(userCount).fill(-1);
  if (!countryOf) return { countryCodes: [], userCountries };
  const codes = new Map<string, number>();
  for (let user = 0; user < userCount; user++) {
    const code = countryOf(user);
    if (code === undefined) continue;
    const known = codes.get(code);
    userCountries[user] = known ?? codes.size;
    if (known === undefined) codes.set(code, codes.size);
  }
  return { countryCodes: [...codes.keys()], userCountries };
}

/**
 * Interactions that did not come out of `buildInteractions` (a hand-made slice, another process) are looked at before
 * a model takes them: an item index becomes an address in the kernels, and NaN would spoil a whole matrix.
 */
export function assertInteractions({ userCount, itemCount, rowOffsets, itemIndices, weights }: Interactions): void {
  assert(rowOffsets.length === userCount + 1 && rowOffsets[0] === 0, "row offsets of every user");
  assert(rowOffsets[userCount] === itemIndices.length && weights.length === itemIndices.length, "columns of the rows");
  for (let user = 0; user < userCount; user++) assert(rowOffsets[user]! <= rowOffsets[user + 1]!, "offsets ascend");
  for (let e = 0; e < itemIndices.length; e++) {
    const item = itemIndices[e]!;
    const weight = weights[e]!;
    assert(item >= 0 && item < itemCount, "an item of the catalogue", () => ({ interaction: e, item }));
    assert(weight > 0 && weight < Number.POSITIVE_INFINITY, "a finite weight above 0", () => ({
      interaction: e,
      weight,
    }));
  }
}

/** One viewer's past, oldest first: what `recommend` needs to score someone who was never trained on. */
export interface History {
  readonly itemIndices: ArrayLike<number>;
  /** All 1 when left out. */
  readonly weights?: ArrayLike<number> | undefined;
  readonly country?: string | undefined;
}

/** Histories as interactions, in the order given; times are positions. */
export function interactionsOfHistories(histories: readonly History[], itemCount: number): Interactions {
  const total = histories.reduce((sum, history) => sum + history.itemIndices.length, 0);
  const userIndices = new Uint32Array(total);
  const itemIndices = new Float64Array(total);
  const weights = new Float64Array(total).fill(1);
  let row = 0;
  histories.forEach((history, user) => {
    for (let e = 0; e < history.itemIndices.length; e++, row++) {
      userIndices[row] = user;
      itemIndices[row] = history.itemIndices[e]!;
      if (history.weights) weights[row] = history.weights[e]!;
    }
  });
  return buildInteractions(
    { userIndices, itemIndices, weights },
    { userCount: histories.length, itemCount, countryOf: (user) => histories[user]?.country },
  );
}

/** Keeps of each user the positions [from, to) of their row. */
export function sliceRows(
  data: Interactions,
  range: (userIndex: number, length: number) => readonly [from: number, to: number],
): Interactions {
  const rowOffsets = new Uint32Array(data.userCount + 1);
  const starts = new Uint32Array(data.userCount);
  for (let user = 0; user < data.userCount; user++) {
    const begin = data.rowOffsets[user]!;
    const length = data.rowOffsets[user + 1]! - begin;
    const [from, to] = range(user, length);
    assert(from >= 0 && from <= to && to <= length, "a range inside the row", () => ({ user, from, to, length }));
    starts[user] = begin + from;
    rowOffsets[user + 1] = rowOffsets[user]! + (to - from);
  }
  const total = rowOffsets[data.userCount]!;
  const itemIndices = new Int32Array(total);
  const weights = new Float32Array(total);
  const occurredAt = new Float64Array(total);
  for (let user = 0; user < data.userCount; user++) {
    const target = rowOffsets[user]!;
    const start = starts[user]!;
    const end = start + rowOffsets[user + 1]! - target;
    itemIndices.set(data.itemIndices.subarray(start, end), target);
    weights.set(data.weights.subarray(start, end), target);
    occurredAt.set(data.occurredAt.subarray(start, end), target);
  }
  return { ...data, rowOffsets, itemIndices, weights, occurredAt };
}

/** The same user index in all three parts. A user whose row in `targets` is empty is not evaluated. */
export interface Split {
  /** What a model may be fitted on. */
  readonly train: Interactions;
  /** What a model is given about each user when it ranks; these items are never recommended. */
  readonly histories: Interactions;
  /** What it should have found. Its `itemCount` may be larger than the others': an item behind theirs can't be found. */
  readonly targets: Interactions;
  /** More items that are never recommended. */
  readonly exclude?: Pick<Interactions, "rowOffsets" | "itemIndices">;
}

export interface LeaveLastOutOptions {
  /** How many interactions are the target; default 1. */
  readonly targetCount?: number;
  /** The newest interactions that nobody may see, not even as input (an outer test set); default 0. */
  readonly hiddenCount?: number;
  /** Interactions right before the target that are input but never trained on; default 0. */
  readonly inputOnlyCount?: number | ((userIndex: number) => number);
}

/**
 * Leave-last-out by position in each user's own order. Users with fewer than `hidden + target + 1` interactions have no
 * target (they would be ranked out of nothing); what remains of them is trained on.
 */
export function leaveLastOut(data: Interactions, options: LeaveLastOutOptions = {}): Split {
  const { targetCount = 1, hiddenCount = 0, inputOnlyCount = 0 } = options;
  assert(Number.isInteger(targetCount) && targetCount >= 1, "targetCount is at least 1");
  const inputOnly = typeof inputOnlyCount === "function" ? inputOnlyCount : () => inputOnlyCount;
  const historyEnd = (length: number) => Math.max(0, length - hiddenCount - targetCount);
  return {
    train: sliceRows(data, (user, length) => [0, Math.max(0, historyEnd(length) - inputOnly(user))]),
    histories: sliceRows(data, (_, length) => [0, historyEnd(length)]),
    targets: sliceRows(data, (_, length) => {
      const from = historyEnd(length);
      return from === 0 ? [0, 0] : [from, from + targetCount];
    }),
  };
}

/** Everything before `at` is trained on and is the history, everything from `at` on is the target. */
export function splitAtTime(data: Interactions, at: number): Split {
  if (data.timeQuality === "synthetic") {
    throw new UserError(
      "these interactions carry made-up times (only the order inside each user is real): split them by leave-one-out, not by time",
    );
  }
  const boundary = (user: number, length: number) => {
    const begin = data.rowOffsets[user]!;
    let position = 0;
    while (position < length && data.occurredAt[begin + position]! < at) position++;
    return position;
  };
  const train = sliceRows(data, (user, length) => [0, boundary(user, length)]);
  return { train, histories: train, targets: sliceRows(data, (user, length) => [boundary(user, length), length]) };
}

/** The moment after which `fraction` of the interactions lie. */
export function timeOfFraction(data: Interactions, fraction: number): number {
  assert(fraction > 0 && fraction < 1, "a fraction between 0 and 1");
  if (data.occurredAt.length === 0) throw new UserError("no interactions to split");
  const sorted = data.occurredAt.slice().sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * (1 - fraction)))]!;
}
