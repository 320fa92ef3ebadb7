/**
 * Profiles of the synthetic viewer, which tells how soon a page changes behind an event (cli/src/synthetic-viewer.ts). They
 * are in no database, nobody signs in as one, and no statistics, training or decision counts them: a record of theirs is
 * filed in the warehouse as a row without type and title (ingestion/src/file-synthetic.ts), the live features of titles
 * pass it by, and a page of theirs is nobody's decision.
 */
import { ProfileId } from "./ids.ts";

/** A colon inside: no id of a profile that is made has one. */
const PREFIX = "synthetic-viewer:";

/**
 * So many that the partitions of a topic each have some, and that two processes hardly ever act as the same one at a time.
 * What is kept of them is this many live states of a few titles.
 */
export const SYNTHETIC_PROFILES = 64;

export const syntheticProfileId = (index: number): ProfileId => ProfileId.parse(`${PREFIX}${index}`);

export const isSyntheticProfile = (profileId: string): boolean => profileId.startsWith(PREFIX);

/** What the warehouse calls their events: a type that no reader asks for. */
export const SYNTHETIC_EVENT_TYPE = "synthetic";
