/**
 * The slow oracle: a feature as of an instant, by walking all events for each question, from what definitions.ts says in
 * words and nothing else. The warehouse's SQL and the live fold are held to it.
 */
import { type AggregateFeature, HOUR_MS, SIGNS, type SignName } from "../definitions.ts";
import type { FeatureEvent } from "../signs.ts";

export interface Question {
  readonly titleId: string;
  readonly profileId: string;
  readonly country: string;
  readonly at: number;
}

interface Register {
  readonly at: number;
  readonly value: number;
}

export function askOracle(
  feature: AggregateFeature,
  question: Question,
  /** All that is visible, erasures among them; `isVisible` says what can be seen as of the question's instant. */
  events: readonly FeatureEvent[],
  isVisible: (event: FeatureEvent) => boolean = ({ occurredAt, knownAt }) =>
    occurredAt <= question.at && knownAt <= question.at,
): number {
  const isErased = (event: FeatureEvent): boolean =>
    events.some(
      (other) =>
        other.type === "erasure" &&
        other.profileId === event.profileId &&
        Math.min(other.occurredAt, other.knownAt) >= Math.min(event.occurredAt, event.knownAt),
    );
  const seen = events.filter(
    (event) =>
      isVisible(event) &&
      event.timeQuality === "observed" &&
      event.titleId !== "" &&
      (feature.entity === "profile" ? event.profileId === question.profileId : event.titleId === question.titleId) &&
      (feature.dimension === undefined || event.country === question.country) &&
      !isErased(event),
  );

  function standing(name: SignName): Register[] {
    const registers = new Map<string, Register>();
    for (const event of seen) {
      const value = written(name, event);
      if (value === undefined) continue;
      const counterpart = feature.entity === "profile" ? event.titleId : event.profileId;
      const member = feature.aggregate.kind === "count" ? `${event.profileId} ${event.eventId}` : counterpart;
      const at = Math.min(event.occurredAt, event.knownAt);
      const before = registers.get(member);
      if (!before || at > before.at || (at === before.at && value > before.value)) registers.set(member, { at, value });
    }
    return [...registers].flatMap(([member, register]) =>
      register.value > 0 && isInWindow(register.at) && !isForgotten(member, register.at) ? [register] : [],
    );
  }
  /** The last word on it stands, and is of then or later. At one instant "forget" beats its undo. */
  function isForgotten(titleId: string, at: number): boolean {
    if (feature.entity !== "profile" || feature.aggregate.kind === "days_since") return false;
    const words = seen
      .filter((event) => event.titleId === titleId && (event.type === "forget" || event.type === "forget_undo"))
      .map((event) => ({ at: Math.min(event.occurredAt, event.knownAt), on: event.type === "forget" }))
      .sort((a, b) => b.at - a.at || Number(b.on) - Number(a.on));
    const [last] = words;
    return last?.on === true && last.at >= at;
  }
  function isInWindow(at: number): boolean {
    if (feature.window === "all") return true;
    const hoursBack = Math.floor(question.at / HOUR_MS) - Math.floor(at / HOUR_MS);
    return hoursBack < 24 * feature.window;
  }

  const { aggregate } = feature;
  const registers = standing(aggregate.of);
  const sum = registers.reduce((total, { value }) => total + value, 0);
  switch (aggregate.kind) {
    case "distinct":
      return Math.min(registers.length, aggregate.atMost ?? registers.length);
    case "count":
      return registers.length;
    case "sum":
      return sum;
    case "share": {
      const { share, strength } = aggregate.prior;
      return (registers.length + strength * share) / (standing(aggregate.among).length + strength);
    }
    case "mean":
      return (sum + aggregate.prior.strength * aggregate.prior.mean) / (registers.length + aggregate.prior.strength);
    case "days_since": {
      if (registers.length === 0) return feature.window as number;
      const last = Math.max(...registers.map(({ at }) => at));
      return (Math.floor(question.at / HOUR_MS) - Math.floor(last / HOUR_MS)) / 24;
    }
  }
}

function written(name: SignName, event: FeatureEvent): number | undefined {
  if ((SIGNS[name] as { undoneBy?: string }).undoneBy === event.type) return 0;
  if (!(SIGNS[name].events as readonly string[]).includes(event.type)) return undefined;
  if (name === "finished") {
    const isWhole = event.durationSeconds > 0 && event.watchedSeconds >= 0.9 * event.durationSeconds;
    return isWhole ? 1 : undefined;
  }
  return name === "rated" ? event.stars : 1;
}
