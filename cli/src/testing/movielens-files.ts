/** Small files in published layouts, generated: the same seed gives the same bytes. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRng } from "@thewatcher/kit/rng";

export interface GeneratedRating {
  readonly user: number;
  readonly item: number;
  readonly stars: number;
  readonly seconds: number;
}

/** 2001-09-09, the 1,000,000,000th second. */
const FIRST_SECOND = 1_000_000_000;

/** Each user rates `perUser` different items, a minute apart; users take turns, as in a file sorted by time. */
export function generateRatings(shape: {
  readonly users: number;
  readonly items: number;
  readonly perUser: number;
  readonly seed: number;
}): readonly GeneratedRating[] {
  const rng = createRng(shape.seed);
  const starts = Array.from({ length: shape.users }, () => rng.int(shape.items));
  const ratings: GeneratedRating[] = [];
  for (let turn = 0; turn < shape.perUser; turn++) {
    starts.forEach((start, index) => {
      ratings.push({
        user: index + 1,
        item: ((start + turn) % shape.items) + 1,
        stars: 1 + rng.int(5),
        seconds: FIRST_SECOND + ratings.length * 60,
      });
    });
  }
  return ratings;
}

/** `ratings.dat` and `movies.dat`. */
export async function writeMovieLens(
  folder: string,
  ratings: readonly GeneratedRating[],
  items: number,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const genres = ["Action", "Comedy", "Drama", "Sci-Fi", "Thriller"];
  const movies = Array.from(
    { length: items },
    (_, index) => `${index + 1}::Film ${index + 1} (${1950 + (index % 50)})::${genres[index % genres.length]}`,
  );
  await writeFile(join(folder, "movies.dat"), `${movies.join("\n")}\n`);
  const rows = ratings.map(({ user, item, stars, seconds }) => `${user}::${item}::${stars}::${seconds}`);
  await writeFile(join(folder, "ratings.dat"), `${rows.join("\n")}\n`);
}

/** For `import interactions --ratings`. */
export async function writeInteractions(file: string, ratings: readonly GeneratedRating[]): Promise<void> {
  const rows = ratings.map(({ user, item, stars, seconds }) => `${user},${item},${stars},${seconds}`);
  await writeFile(file, `user,item,value,timestamp\n${rows.join("\n")}\n`);
}
