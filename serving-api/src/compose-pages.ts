/**
 * Pages that nobody is shown (`POST /internal/pages`): of each of some profiles the page under each of some rule sets, from
 * one reading and with one chance, so that nothing differs but the rules. Nothing is logged of them. A profile whose
 * readings failed is left out: its page would say nothing of the rules.
 *
 * Composing is a millisecond or two at a time: between two profiles others get their turn.
 */
import { setImmediate } from "node:timers/promises";
import {
  COMPOSED_RULE_SETS_MAX,
  type ComposedPage,
  type ComposedPages,
  type ComposePages,
  type EffectCounts,
  RULE_SET_BYTES_MAX,
} from "@thewatcher/contracts/api/control";
import type { ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { parseRuleSet, type RuleSet } from "@thewatcher/contracts/rules";
import { defaultServingParameters } from "@thewatcher/contracts/serving-parameters";
import type { Clock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import type { Workspace } from "./ranking.ts";
import type { SlateRequest } from "./request.ts";
import { ruleTitlesOf } from "./rule-titles.ts";
import { composeHome } from "./slate.ts";
import { type CompiledRules, compileRules, type RuleEffect } from "./stages/rules.ts";
import type { TitleView } from "./title-view.ts";

/** The rule sets, and the ids of the profiles. */
export const COMPOSE_BYTES_MAX = COMPOSED_RULE_SETS_MAX * RULE_SET_BYTES_MAX + 65_536;
/** A dry run asks fifty times with the same two; two dry runs may be under way. */
const COMPILED_MAX = 4;
/** Versions begin at 1. */
const UNPUBLISHED = 0;

/** The reading for one profile; undefined: there is no such profile. */
export type AskFor = (
  profileId: ProfileId,
) => Promise<{ readonly ws: Workspace; readonly request: SlateRequest } | undefined>;

export type ComposeOutcome =
  | { readonly kind: "composed"; readonly pages: ComposedPages }
  | { readonly kind: "invalid"; readonly errors: readonly { readonly path: string; readonly message: string }[] };

export function createComposePages({
  clock,
}: {
  readonly clock: Clock;
}): (request: ComposePages, ask: AskFor) => Promise<ComposeOutcome> {
  const compiledOf = createCompiler();

  return async function composePages({ profileIds, ruleSets, seed }, ask) {
    const parsed = ruleSets.map((document) => (document === null ? undefined : parseRuleSet(document)));
    const errors = parsed.flatMap((outcome, place) =>
      outcome?.kind === "invalid"
        ? outcome.errors.map(({ path, what, accepted }) => ({
            path: `ruleSets.${place}.${path}`,
            message: `${what}; accepted: ${accepted}`,
          }))
        : [],
    );
    if (errors.length > 0) return { kind: "invalid", errors };
    const texts = ruleSets.map((document) => JSON.stringify(document));
    const places = new Map<TitleId, number>();
    const titles: { titleId: TitleId; name: string }[] = [];
    const pages: { profileId: ProfileId; composed: ComposedPage[] }[] = [];
    const asked = await Promise.all(profileIds.map((profileId) => ask(profileId)));
    for (const [place, profileId] of profileIds.entries()) {
      const reading = asked[place];
      if (!reading || !isWhole(reading.request)) continue;
      const { ws, request } = reading;
      const { view } = ws;
      // Also where pages go by no rules now: what is asked is what they would do.
      const parameters = { ...(request.parameters ?? defaultServingParameters), rules: true };
      const placeOf = (index: number): number => {
        const titleId = view.titleIds[index]!;
        let known = places.get(titleId);
        if (known === undefined) {
          known = titles.length;
          places.set(titleId, known);
          titles.push({ titleId, name: request.showing.nameOf(index) });
        }
        return known;
      };
      const chance = createRng(seed)
        .fork(profileId)
        .int(2 ** 32);
      const composed = parsed.map((outcome, number) => {
        const rules =
          outcome?.kind === "valid"
            ? { version: UNPUBLISHED, compiled: compiledOf(view, outcome.ruleSet, texts[number]!) }
            : undefined;
        const startedMs = clock.monotonicMs();
        const { rows, ruleEffects, rulesRelaxed } = composeHome(ws, { ...request, parameters, seed: chance, rules });
        const composeMs = clock.monotonicMs() - startedMs;
        return {
          rows: rows.map(({ rowId, kind, entries }) => ({
            rowId,
            kind,
            titles: entries.map(({ index }) => placeOf(index)),
          })),
          effects: countEffects(ruleEffects),
          relaxed: rulesRelaxed,
          composeMs,
        };
      });
      pages.push({ profileId, composed });
      await setImmediate();
    }
    return { kind: "composed", pages: { titles, pages } };
  };
}

const isWhole = ({ profileProblem, list, history }: SlateRequest): boolean =>
  profileProblem === undefined && list.kind === "read" && history.kind === "read";

/** Each title once for each thing that a rule does to it, however often it was asked. */
function countEffects(effects: readonly RuleEffect[]): Record<string, EffectCounts> {
  const seen = new Set<string>();
  const counts: Record<string, EffectCounts> = {};
  for (const { ruleId, title, kind } of effects) {
    const key = `${kind} ${title} ${ruleId}`;
    if (seen.has(key)) continue;
    seen.add(key);
    counts[ruleId] ??= { removed: 0, moved: 0, pinned: 0, capped: 0 };
    counts[ruleId][kind]++;
  }
  return counts;
}

/** Compiles once for a view and a text. */
function createCompiler(): (view: TitleView, ruleSet: RuleSet, text: string) => CompiledRules {
  let held: TitleView | undefined;
  const compiled = new Map<string, CompiledRules>();
  return (view, ruleSet, text) => {
    if (held !== view) {
      held = view;
      compiled.clear();
    }
    const known = compiled.get(text);
    if (known) return known;
    const oldest = compiled.keys().next().value;
    if (compiled.size === COMPILED_MAX && oldest !== undefined) compiled.delete(oldest);
    const made = compileRules(ruleSet, ruleTitlesOf(view));
    compiled.set(text, made);
    return made;
  };
}
