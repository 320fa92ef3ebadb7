/** The ten invented series, in the order of their ids. */
import type { SeriesRow } from "./series-rows.ts";

export const SERIES: readonly SeriesRow[] = [];
