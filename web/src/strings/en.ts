/** The frame and home in English; the other languages have its shape. */
import type { PlanId } from "@thewatcher/contracts/plans";
import type { FailureCause } from "../api/client.ts";

const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const countries = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });

export const strings = {
  appName: "TheWatcher",
  pageTitle: (page: string) => `${page} · TheWatcher`,
  skipToContent: "Skip to content",
  loading: "Loading",
  retry: "Try again",
  undo: "Undo",
  dismiss: "Dismiss",
  backHome: "Back to home",

  nav: {
    label: "Main",
    home: "Home",
    myList: "My list",
    search: "Search",
    switchProfile: "Switch profile",
    signOut: "Sign out",
  },

  home: {
    title: "Home",
    heroKicker: "Picked for you",
    more: "About the film",
    updated: "Updated for you",
    updatedBecause: (name: string) => `Updated: because you watched ${name}`,
    emptyTitle: "Nothing to show yet",
    emptyLead: "The first lists are being made. This takes some seconds after the cinema starts.",
    partial: "Some rows are missing for the moment; the rest is as usual.",
    scrollBack: (row: string) => `Back in ${row}`,
    scrollOn: (row: string) => `Further in ${row}`,
    wishes: "What suits tonight",
    minutes: "I have",
    anyLength: "all the time in the world",
    minutesOf: (minutes: number) => `${minutes} min`,
    along: "Watching with",
    alone: "nobody",
    dropWishes: "Anything goes",
    nothingFits: "Nothing fits that",
    nothingFitsLead: "With more time, or in other company, there is.",
    unprofiled: "Personalisation is off: nothing of your history is read.",
    technologies: "Recommendation technologies are applied on this page.",
    rules: "By which rules we recommend",
    taste: "My taste",
  },

  rows: {
    continue_watching: "Continue watching",
    because_you_watched: (name: string) => `Because you watched ${name}`,
    top_picks: "Top picks for you",
    top_in_country: (country: string) => `Top 10 in ${country}`,
    top: "Top 10",
    popular_in_country: (country: string) => `Popular in ${country}`,
    popular: "Popular now",
    new: "New in the cinema",
    trending: "Trending now",
    segment: "Loved by viewers like you",
    for_two: "For the two of you",
    genre: (genre: string) => genre,
  },

  reasons: {
    because_you_watched: (name: string) => `Because you watched ${name}`,
    similar_to_history: "Close to what you watch",
    similar_to_named: (names: string) => `Close to ${names}`,
    popular_in_country: (rank: number, country: string) => `No. ${rank} in ${country}`,
    popular: (rank: number) => `No. ${rank} of all`,
    new: "Newly added",
    newFrom: (year: number) => `Newly added · ${year}`,
    continue_watching: "You left off here",
    minutesLeft: (minutes: number) => `${minutes} min left`,
    trending_in_country: (country: string) => `Rising in ${country}`,
    popular_in_segment: "Loved by viewers with a like taste",
    editorial: (name: string) => `From “${name}”`,
    exploration: "Try something new",
    pinned: "The editors' choice",
    next_episode: (season: number, episode: number) => `Next: season ${season}, episode ${episode}`,
    for_both: "You should both like it",
    genre: (genre: string) => `From ${genre}`,
    similar_to_title: "Watched by the same people",
  },

  card: {
    notInterested: (name: string) => `Not interested in ${name}`,
    hidden: (name: string) => `“${name}” won't be shown again`,
    rank: (rank: number) => `Number ${rank}`,
    progress: (percent: number) => `${percent}% watched`,
    putAway: (name: string) => `Hide ${name} from continue watching`,
    /** A cut version: by how much it is shorter. */
    cut: (minutes: number) => `Cut by ${minutes} min`,
    /** An ISO instant. */
    leaves: (at: string) => `Leaves ${strings.day(at)}`,
    series: "Series",
    /** A plan and those above it. */
    planAndUp: (name: string) => `${name}+`,
  },

  planNames: { basic: "Basic", standard: "Standard", premium: "Premium" } as Readonly<Record<PlanId, string>>,

  title: {
    addToList: "Add to my list",
    onList: "On my list",
    notInterested: "Not interested",
    watchedSaid: (name: string) => `Noted: you've watched “${name}”. Your next page will know.`,
    ratedSaid: (stars: number) => `Rated ${stars === 1 ? "1 star" : `${stars} stars`}`,
    refused: "That could not be saved.",
  },

  waiting: {
    title: "Full house",
    lead: (seconds: number) =>
      `Everybody wants in at this moment, and a page has to wait. It comes by itself in about ${seconds} s.`,
  },

  failures: {
    title: "The film broke",
    causes: {
      offline: "The cinema can't be reached. Check your connection, then try again.",
      unauthenticated: "You were signed out. Sign in again to go on.",
      forbidden: "This profile may not see that.",
      "not-found": "There is no such thing here any more.",
      conflict: "That doesn't fit with how things are now. Reload and try again.",
      "too-many-requests": "That was a little too fast. Wait a moment and try again.",
      unavailable: "A part of the cinema is away for a moment. Try again soon.",
      overloaded: "Too many viewers at once. Try again in a moment.",
      internal: "Something broke on our side. It is not your fault; try again.",
    } as Partial<Record<FailureCause, string>>,
    other: "Something went wrong. Try again.",
    reference: (id: string) => `Reference for support: ${id}`,
  },

  /** An ISO instant or day. */
  day: (at: string): string => day.format(new Date(at)),
  country: (code: string) => countries.of(code) ?? code,
  runtime: (minutes: number) => {
    const hours = Math.floor(minutes / 60);
    if (hours === 0) return `${minutes} min`;
    return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  },
  ageMark: (years: number) => `${years}+`,
  list: (names: readonly string[]) => new Intl.ListFormat("en").format(names),
};
