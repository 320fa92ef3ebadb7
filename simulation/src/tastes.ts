/**
 * Planted tastes: what synthetic viewers like, and how strongly each title satisfies it.
 *
 * A taste is a conjunction: genre AND mood AND era. The mood of a title is drawn by the world and stands in no
 * catalogue field, so that only what people watch together can reveal it. The three evidences are added and pushed
 * through a steep logistic, so that two out of three is nearly nothing and three out of three is nearly everything;
 * no linear model over items has that form, and none of the engine's models may be handed its own assumptions as truth.
 */
import type { TitleDetails } from "@thewatcher/contracts/api/catalogue";
import { assert } from "@thewatcher/kit/assert";
import type { Rng } from "@thewatcher/kit/rng";

const MOODS = [
  "dark",
  "tender",
  "spectacular",
  "witty",
  "eerie",
  "epic",
  "gritty",
  "dreamy",
  "heroic",
  "homely",
] as const;
type Mood = (typeof MOODS)[number];

export interface Taste {
  readonly tasteId: string;
  readonly name: string;
  /** Empty: any genre. */
  readonly genres: readonly string[];
  /** Null: any mood. */
  readonly mood: Mood | null;
  readonly year: number;
  /** Standard deviation of the era's bell. */
  readonly spreadYears: number;
}

const taste = (
  tasteId: string,
  name: string,
  genres: readonly string[],
  mood: Mood | null,
  year: number,
  spreadYears: number,
): Taste => ({ tasteId, name, genres, mood, year, spreadYears });

export const TASTES: readonly Taste[] = [
  taste("space-spectacle", "Spectacular science fiction", ["Science fiction", "Action"], "spectacular", 2003, 9),
  taste("bleak-futures", "Bleak futures", ["Science fiction", "Thriller"], "dark", 1995, 12),
  taste("caped-heroes", "Caped heroes", ["Superhero", "Adventure"], "heroic", 2005, 7),
  taste("modern-action", "Gritty action of today", ["Action"], "gritty", 2006, 6),
  taste("eighties-action", "Heroes of the eighties", [], "heroic", 1986, 5),
  taste("crime-nights", "Dark crime nights", ["Thriller"], "dark", 2000, 9),
  taste("gritty-thrillers", "Gritty thrillers of the nineties", ["Thriller"], "gritty", 1996, 8),
  taste("haunted-houses", "Haunted houses", ["Horror"], "eerie", 2004, 8),
  taste("old-shivers", "Old and eerie", [], "eerie", 1979, 8),
  taste("slasher-nights", "Slasher nights", ["Horror"], "gritty", 1998, 10),
  taste("tender-romance", "Tender romance", ["Romance", "Comedy"], "tender", 2002, 8),
  taste("witty-couples", "Witty couples", ["Romance", "Comedy"], "witty", 1998, 10),
  taste("broad-comedy", "Comedy for friends", ["Comedy"], "witty", 2005, 6),
  taste("homely-comedy", "Homely comedy", ["Comedy", "Family"], "homely", 1996, 10),
  taste("black-humour", "Black humour", ["Black comedy", "Comedy"], "dark", 2000, 10),
  taste("quiet-drama", "Quiet drama", ["Drama"], "tender", 2003, 8),
  taste("hard-lives", "Hard lives", ["Drama"], "gritty", 2005, 7),
  taste("true-stories", "True stories", ["True story", "Drama"], "epic", 2002, 10),
  taste("costume-epics", "Costume epics", ["History", "Drama"], "epic", 1998, 14),
  taste("golden-age", "The golden age", [], "dreamy", 1954, 16),
  taste("seventies-shadows", "Shadows of the seventies", [], "dark", 1976, 7),
  taste("family-evenings", "Family evenings", ["Family", "Adventure"], "homely", 2004, 9),
  taste("fairy-tales", "Fairy tales", ["Fantasy", "Family"], "dreamy", 2003, 12),
  taste("young-adventure", "Young adventure", ["Adventure", "Fantasy"], "epic", 2004, 8),
  taste("westerns", "Westerns", ["Western"], null, 1980, 22),
  taste("real-life", "Documentaries", ["Documentary"], null, 2005, 7),
];

/** Which moods a genre leans to; the others stay possible at a third of the weight. */
const MOODS_OF_GENRE: Readonly<Record<string, readonly Mood[]>> = {
  "Science fiction": ["spectacular", "dark"],
  Action: ["gritty", "heroic", "spectacular"],
  Superhero: ["heroic", "spectacular"],
  Thriller: ["dark", "gritty", "eerie"],
  Horror: ["eerie", "gritty"],
  Romance: ["tender", "witty"],
  Comedy: ["witty", "homely"],
  "Black comedy": ["dark", "witty"],
  Drama: ["tender", "gritty", "dark"],
  "True story": ["epic", "gritty"],
  History: ["epic", "dreamy"],
  Musical: ["dreamy", "tender"],
  Family: ["homely", "dreamy"],
  Fantasy: ["dreamy", "epic"],
  Adventure: ["epic", "heroic", "homely"],
  Western: ["heroic", "gritty"],
  Documentary: ["gritty", "tender"],
  Concert: ["spectacular"],
};
const FAVOURED_MOOD_WEIGHT = 3;

/** Each evidence's share of the sum; a second mood counts 0.6 of the first, one genre of two 0.6 of both. */
const GENRE_EVIDENCE = 1.2;
const MOOD_EVIDENCE = 1.2;
const ERA_EVIDENCE = 0.8;
const PARTIAL = 0.6;
/** All three give 3.2 → 0.985; genre and era without the mood 2.0 → 0.05; genre and mood out of era 2.4 → 0.35. */
const CONJUNCTION_THRESHOLD = 2.5;
const CONJUNCTION_STEEPNESS = 6;
/** From here on a title is said to belong to the taste. */
const TASTE_MEMBER_AFFINITY = 0.6;

export interface TasteSpace {
  readonly tastes: readonly Taste[];
  /** [tasteCount × titleCount], row-major, in [0, 1]. */
  readonly affinity: Float32Array;
  /** Titles of each taste, strongest first. */
  readonly members: readonly Uint16Array[];
}

function drawMood(genres: readonly string[], rng: Rng): Mood {
  const favoured = genres.flatMap((genre) => MOODS_OF_GENRE[genre] ?? []);
  let mass = MOODS.length + favoured.length * (FAVOURED_MOOD_WEIGHT - 1);
  mass *= rng.next();
  for (const mood of MOODS) {
    mass -= 1 + favoured.filter((other) => other === mood).length * (FAVOURED_MOOD_WEIGHT - 1);
    if (mass < 0) return mood;
  }
  return "homely";
}

function affinityOf(taste: Taste, title: TitleDetails, first: Mood, second: Mood): number {
  const matching = taste.genres.filter((genre) => title.genres.includes(genre)).length;
  const genre = matching === taste.genres.length ? 1 : matching === 0 ? 0 : PARTIAL;
  const mood = taste.mood === null || first === taste.mood ? 1 : second === taste.mood ? PARTIAL : 0;
  const yearsOff = title.year === null ? Number.POSITIVE_INFINITY : (title.year - taste.year) / taste.spreadYears;
  const evidence = GENRE_EVIDENCE * genre + MOOD_EVIDENCE * mood + ERA_EVIDENCE * Math.exp(-0.5 * yearsOff ** 2);
  return 1 / (1 + Math.exp(-CONJUNCTION_STEEPNESS * (evidence - CONJUNCTION_THRESHOLD)));
}

/** Draws each title's two moods and measures every title against every taste: 26 × 3,199 cells in about 30 ms. */
export function createTasteSpace(titles: readonly TitleDetails[], rng: Rng): TasteSpace {
  // Members are 16-bit indices: half the memory of the histories that hold them too.
  assert(titles.length <= 65_535, "a world holds at most 65,535 titles", () => titles.length);
  const moods = titles.map((title) => [drawMood(title.genres, rng), drawMood(title.genres, rng)] as const);
  const affinity = new Float32Array(TASTES.length * titles.length);
  const members = TASTES.map((taste, tasteIndex) => {
    const row = affinity.subarray(tasteIndex * titles.length, (tasteIndex + 1) * titles.length);
    for (const [index, title] of titles.entries()) {
      const [first, second] = moods[index]!;
      row[index] = affinityOf(taste, title, first, second);
    }
    const indices = [...row.keys()].filter((index) => row[index]! >= TASTE_MEMBER_AFFINITY);
    return Uint16Array.from(indices.sort((a, b) => row[b]! - row[a]! || a - b));
  });
  return { tastes: TASTES, affinity, members };
}
