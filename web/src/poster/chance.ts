/** Chance that is always the same for the same title: FNV-1a (Fowler, Noll & Vo) seeds mulberry32 (Ettinger 2017). */

export interface Chance {
  /** In [0, 1). */
  readonly unit: () => number;
  readonly between: (low: number, high: number) => number;
  /** An integer, both ends included. */
  readonly whole: (low: number, high: number) => number;
  readonly pick: <const Value>(values: readonly [Value, ...Value[]]) => Value;
}

export function chanceFrom(text: string): Chance {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  // FNV leaves names that differ in their last letter close together; MurmurHash3's finaliser drives them apart.
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  state ^= state >>> 16;
  const unit = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  return {
    unit,
    between: (low, high) => low + unit() * (high - low),
    whole: (low, high) => low + Math.floor(unit() * (high - low + 1)),
    pick: (values) => values[Math.floor(unit() * values.length)] ?? values[0],
  };
}
