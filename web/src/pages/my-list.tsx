/** What the profile means to watch, the latest first, and what it waits for. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { TitleCard, Wish, WishesView } from "@thewatcher/contracts/api/catalogue";
import type { ReactNode } from "react";
import { more } from "../api/more.ts";
import { watchlistQuery } from "../api/queries.ts";
import { problemWords } from "../parts/form.tsx";
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

type WishView = WishesView["wishes"][number];

/** What the API knows a wish by; a row of neither does not come. */
const wishOf = ({ titleId, query }: WishView): Wish => (titleId === null ? { query: query ?? "" } : { titleId });
const wishKey = ({ titleId, query }: WishView) => titleId ?? `“${query}`;

function WishLine({ wish, onChanged }: { readonly wish: WishView; readonly onChanged: () => void }) {
  const words = pageStrings.myList;
  const { profileId } = useViewer();
  const { notify } = useServices();
  const { query, arrived } = wish;
  const title = arrived?.title ?? null;
  const name = query ?? title?.name ?? words.unnamed;

  async function say(what: () => Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      notify(problemWords(error));
    }
    onChanged();
  }
  const drop = () =>
    say(async () => {
      await more.dropWish(profileId, wishOf(wish));
      const again = () => void say(() => more.wishFor(profileId, wishOf(wish)));
      // What has come would wait anew: only what is waited for comes back.
      notify(words.dropped(name), ...(arrived === null ? [{ label: strings.undo, run: again }] : []));
    });

  return (
    <li className="line">
      <span className="line__words">
        {title === null ? (
          <b>{name}</b>
        ) : (
          <Link className="textual" to="/title/$titleId" params={{ titleId: title.titleId }}>
            <b>{title.name}</b>
          </Link>
        )}
        <span className="person__note">
          {arrived === null ? words.waiting : title === null ? words.gone : words.arrived(arrived.at)}
        </span>
      </span>
      <button
        type="button"
        className="button button--quiet"
        aria-label={words.drop(title?.name ?? name)}
        onClick={() => void drop()}
      >
        <Icon name="cross" />
      </button>
    </li>
  );
}

function Wishes({ wishes, onChanged }: { readonly wishes: readonly WishView[]; readonly onChanged: () => void }) {
  const words = pageStrings.myList;
  // An account without a password is the demo's: it has no address.
  const hasMail = useViewer().account.hasPassword;
  return (
    <section className="wishes" aria-labelledby="wishes">
      <h2 className="row__heading" id="wishes">
        {words.wishes}
      </h2>
      {hasMail && <p className="quiet">{words.wishesLead}</p>}
      <ul className="lines">
        {wishes.map((wish) => (
          <WishLine key={wishKey(wish)} wish={wish} onChanged={onChanged} />
        ))}
      </ul>
    </section>
  );
}

export function MyList() {
  const words = pageStrings.myList;
  const { profileId } = useViewer();
  const { stated } = useServices();
  const queries = useQueryClient();
  const statedNow = useStore(stated);
  const list = useQuery({ ...watchlistQuery(profileId), refetchOnMount: "always" });
  const wishesKey = ["wishes", profileId];
  const waiting = useQuery({ queryKey: wishesKey, queryFn: () => more.getWishes(profileId) });
  if (list.isPending || waiting.isPending) return <RowsSkeleton rows={2} />;
  if (list.isError) return <Failure error={list.error} onRetry={() => void list.refetch()} />;
  const titles = list.data.items
    .map((item) => item.title)
    .filter((title) => statedNow.get(title.titleId)?.onList !== false);
  // Without the wishes the list is still the list.
  const wishes = waiting.data?.wishes ?? [];
  const wishesPart: ReactNode = wishes.length > 0 && (
    <Wishes wishes={wishes} onChanged={() => void queries.invalidateQueries({ queryKey: wishesKey })} />
  );
  if (titles.length === 0 && wishes.length === 0) {
    return (
      <Empty title={words.emptyTitle}>
        <p>{words.emptyLead}</p>
        <Link to="/" className="button button--main">
          {strings.backHome}
        </Link>
      </Empty>
    );
  }
  return (
    <div className="page">
      <title>{strings.pageTitle(words.title)}</title>
      <h1 className="page__title">{words.title}</h1>
      {titles.length === 0 ? (
        <p className="page__lead">{words.emptyLead}</p>
      ) : (
        <ul className="grid">
          {titles.map((title) => (
            <ListedCard key={title.titleId} title={title} />
          ))}
        </ul>
      )}
      {wishesPart}
    </div>
  );
}
