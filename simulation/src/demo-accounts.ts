/**
 * The accounts that a visitor of the demo signs in to, as plans: who lives there, what each one likes (a taste of
 * `tastes.ts`, the strongest first) and how much each has watched. They stand first in the world, in this order.
 */
import type { AgeMark } from "@thewatcher/contracts/api/catalogue";

export interface ProfilePlan {
  readonly name: string;
  readonly ageMark: AgeMark | null;
  readonly tasteIds: readonly string[];
  /** How many titles the profile has watched in the half year; 0: a cold profile. */
  readonly watchCount: number;
}

export interface AccountPlan {
  readonly name: string;
  readonly country: "RU" | "BY" | "US";
  readonly profiles: readonly ProfilePlan[];
}

const adult = (name: string, watchCount: number, ...tasteIds: string[]): ProfilePlan => ({
  name,
  ageMark: null,
  tasteIds,
  watchCount,
});
const minor = (name: string, ageMark: AgeMark, watchCount: number, ...tasteIds: string[]): ProfilePlan => ({
  name,
  ageMark,
  tasteIds,
  watchCount,
});

export const DEMO_ACCOUNT_PLANS: readonly AccountPlan[] = [
  { name: "Anna", country: "RU", profiles: [adult("Anna", 140, "tender-romance", "quiet-drama", "costume-epics")] },
  {
    name: "The Petrovs",
    country: "RU",
    profiles: [
      adult("Irina", 120, "witty-couples", "golden-age"),
      adult("Sergei", 160, "eighties-action", "gritty-thrillers"),
      minor("Masha", 6, 60, "fairy-tales", "family-evenings"),
      minor("Kolya", 12, 80, "young-adventure", "caped-heroes"),
    ],
  },
  { name: "Dmitry", country: "RU", profiles: [adult("Dmitry", 200, "space-spectacle", "bleak-futures")] },
  {
    name: "Alesya and Pavel",
    country: "BY",
    profiles: [
      adult("Alesya", 110, "haunted-houses", "crime-nights"),
      adult("Pavel", 90, "broad-comedy", "black-humour"),
    ],
  },
  { name: "Grandpa Viktar", country: "BY", profiles: [adult("Viktar", 130, "golden-age", "westerns")] },
  {
    name: "The Millers",
    country: "US",
    profiles: [
      adult("Susan", 120, "true-stories", "quiet-drama"),
      adult("Jack", 150, "modern-action", "slasher-nights"),
      minor("Emma", 12, 70, "young-adventure", "fairy-tales"),
      minor("Noah", 6, 50, "family-evenings", "homely-comedy"),
      adult("Grandma Ruth", 60, "golden-age", "costume-epics"),
      adult("Uncle Bob", 80, "westerns", "eighties-action"),
    ],
  },
  { name: "Olivia", country: "US", profiles: [adult("Olivia", 180, "hard-lives", "black-humour", "real-life")] },
  {
    name: "Film club",
    country: "RU",
    profiles: [
      adult("Classics", 220, "golden-age", "seventies-shadows", "old-shivers"),
      adult("Midnight", 160, "slasher-nights", "old-shivers", "haunted-houses"),
      adult("History", 110, "costume-epics", "true-stories"),
    ],
  },
  {
    name: "Marat and Lena",
    country: "RU",
    profiles: [
      adult("Marat", 140, "caped-heroes", "space-spectacle"),
      adult("Lena", 100, "witty-couples", "homely-comedy"),
    ],
  },
  {
    name: "The Newcomers",
    country: "BY",
    profiles: [adult("Nobody yet", 0), adult("Vera", 40, "crime-nights", "hard-lives")],
  },
];
