/**
 * Five cut versions, so that the badge "shorter by N minutes" has something to show. INVENTED FOR THE DEMO: nobody cut
 * these films by these minutes. The reference is the running time that the file knows, what "we hold" is made up.
 */
import type { DemoCutVersion } from "./types.ts";

export interface CutRow {
  readonly runtimeMinutes: DemoCutVersion["runtimeMinutes"];
  readonly referenceRuntimeMinutes: DemoCutVersion["referenceRuntimeMinutes"];
}

export const CUT_VERSIONS = {
  // Fight Club
  "film-1748": { runtimeMinutes: 132, referenceRuntimeMinutes: 139 },
  // 300
  "film-1091": { runtimeMinutes: 111, referenceRuntimeMinutes: 117 },
  // Sin City
  "film-2756": { runtimeMinutes: 117, referenceRuntimeMinutes: 126 },
  // Kill Bill: Volume 1
  "film-2118": { runtimeMinutes: 107, referenceRuntimeMinutes: 111 },
  // Brokeback Mountain
  "film-1374": { runtimeMinutes: 118, referenceRuntimeMinutes: 134 },
} as const satisfies Record<string, CutRow>;
