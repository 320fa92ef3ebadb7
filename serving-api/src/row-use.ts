/** What a profile does with rows of each kind, out of its live state, as the order of rows takes it (stages/row-order.ts). */
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import { ROW_KINDS } from "./rows.ts";
import type { RowUse } from "./stages/row-order.ts";

/** undefined: nothing is known. */
export function rowUseOf(use: ProfileState["rowUse"]): RowUse | undefined {
  if (!use) return undefined;
  const visits = new Float64Array(ROW_KINDS.length);
  const clicks = new Float64Array(ROW_KINDS.length);
  ROW_KINDS.forEach((kind, place) => {
    const hours = use[kind];
    if (!hours || hours.seen.length === 0) return;
    visits[place] = hours.seen.length;
    // Of the same hours: what is kept of clicks may reach further back.
    clicks[place] = hours.clicked.filter((hour) => hours.seen.includes(hour)).length;
  });
  return { visits, clicks };
}
