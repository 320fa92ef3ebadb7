/**
 * For whom the catalogue is read: country, age limit, language, instant. Every path of this service shows a title through
 * `seen`, so that what a profile may not see is nowhere: not on a list, not behind a link, not by way of a person.
 *
 * A machine sees the catalogue whole; where it asks on behalf of a profile, it sees what that profile would. Without a
 * chosen profile a viewer sees what anybody may.
 */
import type { CatalogueTitle, TitleCard, TitleDetails } from "@thewatcher/contracts/api/catalogue";
import type { Identity } from "@thewatcher/contracts/identity";
import type { ProfileId } from "@thewatcher/contracts/ids";
import { acceptedLocale, FALLBACKS, type Locale, pickText } from "@thewatcher/contracts/locales";
import { type CardSource, cardOf, type GenreNames, type Visible } from "@thewatcher/contracts/title-card";
import { type Rights, type VisibilityViewer, visibilityOf } from "@thewatcher/contracts/visibility";
import type { Database } from "@thewatcher/stores/database/port";
import { readGenreNames } from "./documents.ts";

/** A viewer who has chosen no profile: nobody knows how old. */
const NOBODYS_AGE_LIMIT = 0;
/** Where neither the session nor the request says. */
const DEFAULT_LOCALE: Locale = "en";

export interface Asker {
  readonly locale: Locale;
  readonly genreNames: GenreNames;
  /** undefined: sees everything. */
  readonly viewer: VisibilityViewer | undefined;
}

const ALWAYS: Visible = { kind: "visible", plans: "all", leavesAt: null };

export async function askerOf(
  database: Database,
  identity: Identity,
  asked: {
    readonly locale: Locale | undefined;
    readonly acceptLanguage: string | undefined;
    readonly at: number;
    /** On whose behalf a machine asks. */
    readonly profileId?: ProfileId;
  },
): Promise<Asker> {
  const profileId = identity.role === "service" ? asked.profileId : identity.profileId;
  const profile =
    profileId === undefined
      ? undefined
      : await database.kysely
          .selectFrom("profiles")
          .innerJoin("accounts", "accounts.account_id", "profiles.account_id")
          .select(["profiles.age_mark", "accounts.country"])
          .where("profiles.profile_id", "=", profileId)
          .executeTakeFirst();
  const locale = asked.locale ?? identity.language ?? acceptedLocale(asked.acceptLanguage ?? null) ?? DEFAULT_LOCALE;
  const genreNames = await readGenreNames(database);
  const isMachine = identity.role === "service";
  if (isMachine && profileId === undefined) return { locale, genreNames, viewer: undefined };
  return {
    locale,
    genreNames,
    viewer: {
      country: isMachine ? (profile?.country ?? identity.country) : identity.country,
      ageLimit: profile ? profile.age_mark : NOBODYS_AGE_LIMIT,
      at: asked.at,
    },
  };
}

/** undefined: to this asker the title does not exist. */
export function seen(
  asker: Pick<Asker, "viewer">,
  title: { readonly ageMark: number | null; readonly rights: Rights },
): Visible | undefined {
  if (!asker.viewer) return ALWAYS;
  const visibility = visibilityOf(title, asker.viewer);
  return visibility.kind === "visible" ? visibility : undefined;
}

export function cardFor(asker: Asker, title: CardSource & { readonly rights: Rights }): TitleCard | undefined {
  const visible = seen(asker, title);
  return visible && cardOf(title, { locale: asker.locale, genreNames: asker.genreNames, visible });
}

export function detailsFor(asker: Asker, title: CatalogueTitle, seasonCount: number): TitleDetails | undefined {
  const card = cardFor(asker, title);
  if (!card) return undefined;
  const people = title.people.map((person) => ({
    personId: person.personId,
    name: pickText(person.names, asker.locale) ?? person.name,
    role: person.role,
  }));
  const directors = people.filter(({ role }) => role === "director").map(({ name }) => name);
  return {
    ...card,
    directors: directors.length > 0 ? directors.slice(0, 20) : title.directors,
    plot: pickText(title.plots, asker.locale) ?? title.plot,
    score: title.score,
    scoreVotes: title.scoreVotes,
    source: title.source,
    addedAt: title.addedAt,
    ...(title.countries.length === 0 ? {} : { countries: title.countries }),
    ...(title.referenceRuntimeMinutes === null ? {} : { referenceRuntimeMinutes: title.referenceRuntimeMinutes }),
    ...(people.length === 0 ? {} : { people }),
    ...(seasonCount === 0 ? {} : { seasonCount }),
  };
}

/** Names in the order of a reader's language. */
export const byName =
  (locale: Locale) =>
  (a: { readonly name: string }, b: { readonly name: string }): number =>
    a.name.localeCompare(b.name, FALLBACKS[locale]);
