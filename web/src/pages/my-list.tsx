/** What the profile means to watch, the latest first. */

import { useQuery } from "@tanstack/react-query";
import type { TitleCard } from "@thewatcher/contracts/api/catalogue";
import { watchlistQuery } from "../api/queries.ts";
import { Icon } from "../parts/icons.tsx";
import { Empty, Failure, RowsSkeleton } from "../parts/states.tsx";
import { PlainCard } from "../parts/title-card.tsx";
import { useStatements, useViewer } from "../parts/viewer.ts";
import { Link } from "../routing/router.tsx";
import { useServices } from "../services.ts";
import { useStore } from "../store.ts";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";

function ListedCard({ title }: { readonly title: TitleCard }) {
  const { list } = useStatements();
  const { notify } = useServices();
  const remove = () => {
    list(title, false);
    notify(pageStrings.myList.removed(title.name), { label: strings.undo, run: () => list(title, true) });
  };
  return (
    <PlainCard title={title}>
      <button type="button" className="card__hide" aria-label={pageStrings.myList.remove(title.name)} onClick={remove}>
        <Icon name="cross" />
      </button>
    </PlainCard>
  );
}

export function MyList() {
  const { profileId } = useViewer();
  const { stated } = useServices();
  const statedNow = useStore(stated);
  const list = useQuery({ ...watchlistQuery(profileId), refetchOnMount: "always" });
  if (list.isPending) return <RowsSkeleton rows={2} />;
  if (list.isError) return <Failure error={list.error} onRetry={() => void list.refetch()} />;
  const titles = list.data.items
    .map((item) => item.title)
    .filter((title) => statedNow.get(title.titleId)?.onList !== false);
  if (titles.length === 0) {
    return (
      <Empty title={pageStrings.myList.emptyTitle}>
        <p>{pageStrings.myList.emptyLead}</p>
        <Link to="/" className="button button--main">
          {strings.backHome}
        </Link>
      </Empty>
    );
  }
  return (
    <div className="page">
      <title>{strings.pageTitle(pageStrings.myList.title)}</title>
      <h1 className="page__title">{pageStrings.myList.title}</h1>
      <ul className="grid">
        {titles.map((title) => (
          <ListedCard key={title.titleId} title={title} />
        ))}
      </ul>
    </div>
  );
}
