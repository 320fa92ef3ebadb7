/** The ten invented series, in the order of their ids. */
import { QUIET_STATION } from "./series/series-01-quiet-station.ts";
import { SALT_CONVOY } from "./series/series-02-salt-convoy.ts";
import { POLESIA_POST } from "./series/series-03-polesia-post.ts";
import { NIAMIHA_STREET } from "./series/series-04-niamiha-street.ts";
import { CLOCKMAKER } from "./series/series-05-clockmaker.ts";
import { NINTH_LIGHTHOUSE } from "./series/series-06-ninth-lighthouse.ts";
import { GRANNYS_FLIGHT } from "./series/series-07-grannys-flight.ts";
import { CYGNUS_ORBIT } from "./series/series-08-cygnus-orbit.ts";
import { BREAD_AND_GUNPOWDER } from "./series/series-09-bread-and-gunpowder.ts";
import { FACULTY_CAT } from "./series/series-10-faculty-cat.ts";
import type { SeriesRow } from "./series-rows.ts";

export const SERIES: readonly SeriesRow[] = [
  QUIET_STATION,
  SALT_CONVOY,
  POLESIA_POST,
  NIAMIHA_STREET,
  CLOCKMAKER,
  NINTH_LIGHTHOUSE,
  GRANNYS_FLIGHT,
  CYGNUS_ORBIT,
  BREAD_AND_GUNPOWDER,
  FACULTY_CAT,
];
