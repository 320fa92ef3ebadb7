/** What editors put together, each by three of its posters. Draws nothing where there is nothing. */
import { useQuery } from "@tanstack/react-query";
import { more } from "../api/more.ts";
import { Poster } from "../poster/poster.tsx";
import { Link } from "../routing/router.tsx";
import { pageStrings } from "../strings-of-pages.ts";
import { useViewer } from "./viewer.ts";

const POSTERS_SHOWN = 3;

export function Collections() {
  const words = pageStrings.collections;
  const { profileId } = useViewer();
  const found = useQuery({
    queryKey: ["collections", profileId],
    queryFn: more.listCollections,
    staleTime: 5 * 60_000,
  });
  // Beside a search field this is a suggestion: without it the page is whole.
  const collections = found.data?.collections ?? [];
  if (collections.length === 0) return null;
  return (
    <section className="collections" aria-labelledby="collections">
      <h2 className="row__heading" id="collections">
        {words.title}
      </h2>
      <ul className="collections__items">
        {collections.map(({ collectionId, name, titleCount, titles }) => (
          <li key={collectionId}>
            <Link
              className="collection"
              to="/collections/$collectionId"
              params={{ collectionId }}
              aria-label={words.open(name, titleCount)}
            >
              <span className="collection__posters" aria-hidden="true">
                {titles.slice(0, POSTERS_SHOWN).map((title) => (
                  <Poster key={title.titleId} title={title} />
                ))}
              </span>
              <span className="collection__name">{name}</span>
              <span className="card__reason">{pageStrings.person.titles(titleCount)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
