/** Every source, in the order of retrieval. */
import { continueWatching, nextEpisode } from "./begun.ts";
import { editorial } from "./editorial.ts";
import { explorationPool } from "./exploration-pool.ts";
import { fresh } from "./fresh.ts";
import { genre } from "./genre.ts";
import { itemToItem } from "./item-to-item.ts";
import { personalList } from "./personal-list.ts";
import { SOURCES, type Source, type SourceName } from "./source.ts";
import { popularInCountry, popularInSegment, trendingInCountry } from "./tables.ts";
import { tasteVector } from "./taste-vector.ts";

const BY_NAME: Readonly<Record<SourceName, Source>> = {
  personal_list: personalList,
  item_to_item: itemToItem,
  taste_vector: tasteVector,
  new: fresh,
  trending_in_country: trendingInCountry,
  popular_in_country: popularInCountry,
  popular_in_segment: popularInSegment,
  editorial,
  genre,
  continue_watching: continueWatching,
  next_episode: nextEpisode,
  exploration: explorationPool,
};

export const allSources: readonly Source[] = SOURCES.map((name) => BY_NAME[name]);
export const sourceNamed = (name: SourceName): Source => BY_NAME[name];
