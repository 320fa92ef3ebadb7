/**
 * Rights windows of the demo: invented, so that every case of `visibilityOf` has a title that shows it. Days are from
 * the demo's now. The other titles have no row and are unrestricted.
 */
import type { DemoPlanId } from "./types.ts";

export interface RightsRow {
  readonly countries?: readonly string[];
  readonly except?: readonly string[];
  readonly plans?: readonly DemoPlanId[];
  readonly from?: number;
  readonly until?: number;
}

export const RIGHTS: Readonly<Record<string, readonly RightsRow[]>> = {
  // The Departed: leaves within two weeks
  "film-1617": [{ from: -300, until: 3 }],
  // The Matrix: not in Belarus
  "film-2260": [{ except: ["BY"] }],
};
