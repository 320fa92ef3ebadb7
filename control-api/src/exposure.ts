/**
 * What pages under one rule set show that pages under another do not, page by page: exposure of titles, rows that are gone,
 * and what each rule did.
 *
 * Exposure of a title is Σ over its impressions of 1/√(position + 1), position 0-based in the row: the chance that somebody
 * looks that far, in shares of the first place (eye tracking of carousels falls about so; Joachims et al. 2017 weigh clicks
 * by the like). On two pages at position 0, on one at position 3: 1 + 1 + 1/√4 = 2.5.
 */
import {
  type ComposedPage,
  type ComposedPages,
  DRY_RUN_ROWS_MAX,
  DRY_RUN_TITLES_MAX,
  type DryRunReport,
  type EffectCounts,
  type ExposureChange,
} from "@thewatcher/contracts/api/control";
import type { TitleId } from "@thewatcher/contracts/ids";
import type { RuleSet } from "@thewatcher/contracts/rules";

/** Of a change that rounding explains. */
const LEAST_CHANGE = 1e-9;

export type ExposureReport = Pick<
  DryRunReport,
  | "profiles"
  | "changedShare"
  | "relaxedPages"
  | "exposure"
  | "titlesChanged"
  | "gaining"
  | "losing"
  | "emptied"
  | "rules"
  | "composeMs"
>;

export interface ExposureComparison {
  /** Pages of profiles, each under both rule sets: before, then after. */
  add(pages: ComposedPages): void;
  report(): ExposureReport;
}

interface Title {
  readonly titleId: TitleId;
  readonly name: string;
  before: number;
  after: number;
}

/** `after`: the rule set of the second page of each profile. */
export function compareExposure(after: RuleSet): ExposureComparison {
  const titles = new Map<string, Title>();
  const emptied = new Map<string, { readonly rowId: string; readonly kind: string; pages: number }>();
  const acted = new Map<string, { pages: number; effects: EffectCounts }>(
    after.rules.map(({ ruleId }) => [ruleId, { pages: 0, effects: { removed: 0, moved: 0, pinned: 0, capped: 0 } }]),
  );
  let profiles = 0;
  let changed = 0;
  const relaxedPages = { before: 0, after: 0 };
  const composeMs = { before: 0, after: 0 };

  function addPage(known: readonly Title[], page: ComposedPage, side: "before" | "after"): void {
    for (const row of page.rows) {
      row.titles.forEach((title, position) => {
        known[title]![side] += 1 / Math.sqrt(position + 1);
      });
    }
    if (page.relaxed) relaxedPages[side]++;
    composeMs[side] += page.composeMs;
  }

  return {
    add({ titles: table, pages }) {
      const known = table.map(({ titleId, name }) => {
        const title = titles.get(titleId) ?? { titleId, name, before: 0, after: 0 };
        titles.set(titleId, title);
        return title;
      });
      for (const { composed } of pages) {
        const [pageBefore, pageAfter] = composed;
        if (!pageBefore || !pageAfter) continue;
        profiles++;
        addPage(known, pageBefore, "before");
        addPage(known, pageAfter, "after");
        if (JSON.stringify(pageBefore.rows) !== JSON.stringify(pageAfter.rows)) changed++;
        const kept = new Set(pageAfter.rows.map(({ rowId }) => rowId));
        for (const { rowId, kind } of pageBefore.rows) {
          if (kept.has(rowId)) continue;
          const row = emptied.get(rowId) ?? { rowId, kind, pages: 0 };
          row.pages++;
          emptied.set(rowId, row);
        }
        for (const [ruleId, effects] of Object.entries(pageAfter.effects)) {
          const rule = acted.get(ruleId);
          if (!rule) continue;
          rule.pages++;
          for (const kind of ["removed", "moved", "pinned", "capped"] as const) rule.effects[kind] += effects[kind];
        }
      }
    },
    report() {
      const moved = [...titles.values()].filter(({ before, after: now }) => Math.abs(now - before) > LEAST_CHANGE);
      const totalOf = (side: "before" | "after") => [...titles.values()].reduce((sum, title) => sum + title[side], 0);
      const meanOf = (sum: number) => (profiles === 0 ? null : sum / profiles);
      return {
        profiles,
        changedShare: meanOf(changed),
        relaxedPages,
        exposure: { before: totalOf("before"), after: totalOf("after") },
        titlesChanged: moved.length,
        gaining: most(moved, ({ before, after: now }) => now - before),
        losing: most(moved, ({ before, after: now }) => before - now),
        emptied: [...emptied.values()]
          .sort((a, b) => b.pages - a.pages || (a.rowId < b.rowId ? -1 : 1))
          .slice(0, DRY_RUN_ROWS_MAX),
        rules: after.rules.map(({ ruleId, name, enabled }) => ({ ruleId, name, enabled, ...acted.get(ruleId)! })),
        composeMs: { before: meanOf(composeMs.before), after: meanOf(composeMs.after) },
      };
    },
  };
}

/** Where `by` is above zero, the largest first. */
function most(titles: readonly Title[], by: (title: Title) => number): ExposureChange[] {
  return titles
    .filter((title) => by(title) > 0)
    .sort((a, b) => by(b) - by(a) || (a.titleId < b.titleId ? -1 : 1))
    .slice(0, DRY_RUN_TITLES_MAX)
    .map((title) => ({ ...title }));
}
