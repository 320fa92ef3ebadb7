/** A person with a filmography: what the asker may see of it. */
import type { PersonView } from "@thewatcher/contracts/api/catalogue";
import type { PersonId } from "@thewatcher/contracts/ids";
import { pickText } from "@thewatcher/contracts/locales";
import type { Database } from "@thewatcher/stores/database/port";
import { type Asker, cardFor } from "./askers.ts";
import { getCatalogueTitles, getPeople } from "./documents.ts";

/** Of one filmography; the busiest people of the trade have some hundreds of credits. */
const FILMOGRAPHY_MAX = 1_000;

/** undefined: nobody, or nobody of whom the asker may see a title. */
export async function getPerson(database: Database, asker: Asker, personId: PersonId): Promise<PersonView | undefined> {
  const person = (await getPeople(database, [personId])).get(personId);
  if (!person) return undefined;
  const credits = await database.kysely
    .selectFrom("credits")
    .select("title_id")
    .distinct()
    .where("person_id", "=", personId)
    .limit(FILMOGRAPHY_MAX)
    .execute();
  const found = await getCatalogueTitles(
    database,
    credits.map((credit) => credit.title_id),
  );
  const titles = found.flatMap((title) => {
    const card = cardFor(asker, title);
    const roles = title.people.filter((one) => one.personId === personId).map(({ role }) => role);
    return card ? [{ title: card, roles }] : [];
  });
  if (titles.length === 0 && asker.viewer) return undefined;
  titles.sort((a, b) => (b.title.year ?? 0) - (a.title.year ?? 0) || (a.title.titleId < b.title.titleId ? -1 : 1));
  const name = pickText(person.names, asker.locale) ?? person.name;
  return { personId, name, ...(name === person.name ? {} : { originalName: person.name }), titles };
}
