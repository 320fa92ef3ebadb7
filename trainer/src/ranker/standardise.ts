/**
 * How each feature comes to the network (contracts/src/ranker-model.ts): saturation where the tail is long, then mean 0
 * and deviation 1. A feature that says the same in every row is left out: a weight for it would be chance, and would act
 * the day it moves.
 */
import { type RankerFeature, Z_MAX } from "@thewatcher/contracts/ranker-model";
import type { RankerRows } from "./rows.ts";

/** Enough for a median and a 99th percentile within a few per cent. */
const SAMPLE_MAX = 20_000;
/** A normal deviate's 99th percentile of its size is 3.4 times the median of it; counts of viewers have 50 and more. */
const TAIL_MIN = 8;
/** Below it a deviation is rounding. */
const SCALE_MIN = 1e-6;

export interface Standardised {
  readonly features: readonly RankerFeature[];
  /** [rowCount × features]. */
  z(rows: RankerRows): Float32Array;
}

export function standardise(rows: RankerRows): Standardised {
  const width = rows.featureNames.length;
  const columns: number[] = [];
  const features: RankerFeature[] = [];
  for (const [column, name] of rows.featureNames.entries()) {
    const saturation = saturationOf(rows, column);
    let count = 0;
    let sum = 0;
    let squares = 0;
    for (let row = 0; row < rows.rowCount; row++) {
      const x = saturated(rows.features[row * width + column]!, saturation);
      if (!Number.isFinite(x)) continue;
      count++;
      sum += x;
      squares += x * x;
    }
    if (count === 0) continue;
    const mean = sum / count;
    const scale = Math.sqrt(Math.max(0, squares / count - mean * mean));
    if (!(scale > SCALE_MIN * Math.max(1, Math.abs(mean)))) continue;
    columns.push(column);
    features.push({ name, saturation, mean, scale });
  }
  return {
    features,
    z(given) {
      const out = new Float32Array(given.rowCount * features.length);
      for (const [place, { saturation, mean, scale }] of features.entries()) {
        for (let row = 0; row < given.rowCount; row++) {
          const x = saturated(given.features[row * width + columns[place]!]!, saturation);
          out[row * features.length + place] = Number.isNaN(x)
            ? 0
            : Math.min(Z_MAX, Math.max(-Z_MAX, (x - mean) / scale));
        }
      }
      return out;
    },
  };
}

const saturated = (x: number, saturation: number | null): number =>
  saturation === null ? x : x / (Math.abs(x) + saturation);

/** The median of the values' sizes where the 99th percentile is many times it; 0 has no size. */
function saturationOf(rows: RankerRows, column: number): number | null {
  const width = rows.featureNames.length;
  const step = Math.max(1, Math.floor(rows.rowCount / SAMPLE_MAX));
  const sizes: number[] = [];
  for (let row = 0; row < rows.rowCount; row += step) {
    const size = Math.abs(rows.features[row * width + column]!);
    if (Number.isFinite(size) && size > 0) sizes.push(size);
  }
  if (sizes.length === 0) return null;
  sizes.sort((a, b) => a - b);
  const median = sizes[Math.floor(sizes.length / 2)]!;
  return sizes[Math.floor(sizes.length * 0.99)]! > TAIL_MIN * median ? median : null;
}
