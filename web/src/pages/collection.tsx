/** Titles that an editor put together, in the editor's order. */
import { useQuery } from "@tanstack/react-query";
import { ApiFailure } from "../api/client.ts";
import { more } from "../api/more.ts";
import { Failure, RowsSkeleton } from "../parts/states.tsx";
import { PlainCard } from "../parts/title-card.tsx";
import { useViewer } from "../parts/viewer.ts";
import { useParam } from "../routing/router.tsx";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";
import { NotFound } from "./not-found.tsx";

export function CollectionPage() {
  const collectionId = useParam("collectionId");
  const { profileId } = useViewer();
  const found = useQuery({
    queryKey: ["collection", profileId, collectionId],
    queryFn: () => more.getCollection(collectionId),
  });
  if (found.isPending) return <RowsSkeleton rows={2} />;
  if (found.isError) {
    if (found.error instanceof ApiFailure && found.error.status === 404) return <NotFound />;
    return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  }
  const { name, titles } = found.data;
  return (
    <div className="page">
      <title>{strings.pageTitle(name)}</title>
      <p className="kicker">{pageStrings.collections.kicker}</p>
      <h1 className="page__title">{name}</h1>
      <p className="page__lead">{pageStrings.person.titles(titles.length)}</p>
      <ul className="grid">
        {titles.map((title) => (
          <PlainCard key={title.titleId} title={title} />
        ))}
      </ul>
    </div>
  );
}
