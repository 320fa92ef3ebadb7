/** Somebody, with what was made with them. */
import { useQuery } from "@tanstack/react-query";
import { ApiFailure } from "../api/client.ts";
import { more } from "../api/more.ts";
import { Failure, RowsSkeleton } from "../parts/states.tsx";
import { PlainCard } from "../parts/title-card.tsx";
import { useParam } from "../routing/router.tsx";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";
import { NotFound } from "./not-found.tsx";

export function PersonPage() {
  const personId = useParam("personId");
  const found = useQuery({ queryKey: ["person", personId], queryFn: () => more.getPerson(personId) });
  if (found.isPending) return <RowsSkeleton rows={2} />;
  if (found.isError) {
    if (found.error instanceof ApiFailure && found.error.status === 404) return <NotFound />;
    return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  }
  const { name, originalName, titles } = found.data;
  const words = pageStrings.person;
  return (
    <div className="page">
      <title>{strings.pageTitle(name)}</title>
      <h1 className="page__title">{name}</h1>
      <p className="page__lead">
        {originalName !== undefined && `${originalName} · `}
        {words.titles(titles.length)}
      </p>
      <ul className="grid">
        {titles.map(({ title, roles }) => (
          <PlainCard
            key={title.titleId}
            title={title}
            note={[title.year, ...roles.map((role) => words[role])].filter((part) => part !== null).join(" · ")}
          />
        ))}
      </ul>
    </div>
  );
}
