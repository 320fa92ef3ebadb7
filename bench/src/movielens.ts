/** MovieLens 1M as the benchmarks need it: its folder, its viewers' profile ids, its interactions as columns. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createIdMapBuilder } from "@thewatcher/engine/id-map";
import { importedProfileId } from "@thewatcher/ingestion/import/run";
import { UserError } from "@thewatcher/kit/user-error";
import type { BenchOptions } from "./harness.ts";

const FILE = "interactions.csv.gz";
/** As the import names it. */
const SOURCE = "ml-1m";

export function movieLensFolder({ datasets }: Pick<BenchOptions, "datasets">): string {
  const folder = join(datasets, "ml-1m");
  if (!existsSync(join(folder, FILE))) {
    throw new UserError(`${folder} does not hold ${FILE}; give the folder above it with --datasets or DATASETS_DIR`);
  }
  return folder;
}

export interface MovieLens {
  readonly userCount: number;
  readonly itemCount: number;
  readonly userIndices: Uint32Array;
  readonly itemIndices: Uint32Array;
  readonly stars: Float32Array;
  /** 0-based place in the viewer's history. */
  readonly positions: Float64Array;
  readonly profileIds: readonly string[];
}

export function readMovieLens(options: Pick<BenchOptions, "datasets">): MovieLens {
  const text = gunzipSync(readFileSync(join(movieLensFolder(options), FILE))).toString("latin1");
  const lines = text.trim().split("\n").slice(1);
  const users = createIdMapBuilder();
  const items = createIdMapBuilder();
  const userIndices = new Uint32Array(lines.length);
  const itemIndices = new Uint32Array(lines.length);
  const stars = new Float32Array(lines.length);
  const positions = new Float64Array(lines.length);
  const profileIds: string[] = [];
  lines.forEach((line, row) => {
    const [user, position, movie, rating] = line.split(",") as [string, string, string, string];
    const index = users.add(user);
    userIndices[row] = index;
    if (index === profileIds.length) profileIds.push(importedProfileId(`${SOURCE}:${user}`));
    itemIndices[row] = items.add(movie);
    stars[row] = Number(rating);
    positions[row] = Number(position);
  });
  return {
    userCount: users.build().size,
    itemCount: items.build().size,
    userIndices,
    itemIndices,
    stars,
    positions,
    profileIds,
  };
}
