/** The personalised page: a hero out of the top picks, then the rows. Every return asks anew and shows what changed. */

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { HomePage, Row, SlateItem } from "@thewatcher/contracts/api/serving";
import { useEffect, useMemo, useState } from "react";
import { type HomeWishes, overloadMsOf } from "../api/client.ts";
import { homeQuery } from "../api/queries.ts";
import { changeBetween, NO_CHANGE } from "../page-change.ts";
import { type Placement, useItemReports } from "../parts/card.tsx";
import { WishesOfHome } from "../parts/home-wishes.tsx";
import { Icon } from "../parts/icons.tsx";
import { RowOfCards } from "../parts/row.tsx";
import { Empty, Failure, FullHouse, RowsSkeleton } from "../parts/states.tsx";
import { useStated, useStatements, useViewer } from "../parts/viewer.ts";
import { Backdrop } from "../poster/poster.tsx";
import { Link } from "../routing/router.tsx";
import { type StatedByTitle, useServices } from "../services.ts";
import { useStore } from "../store.ts";
import { strings } from "../strings.ts";
import { genresOf, type NameOf, reasonWords } from "../words.ts";

/** An acknowledged act is on the profile's next page within this time (p99 of the live profile state). */
const PAGE_KNOWS_AFTER_MS = 1_000;

function Hero({
  item,
  placement,
  nameOf,
}: {
  readonly item: SlateItem;
  readonly placement: Placement;
  readonly nameOf: NameOf;
}) {
  const { seenRef, onClick } = useItemReports(item, placement);
  const { title } = item;
  const { onList = false } = useStated(title.titleId);
  const { list } = useStatements();
  const facts = [
    title.year,
    ...genresOf(title).slice(0, 2),
    title.runtimeMinutes === null ? null : strings.runtime(title.runtimeMinutes),
    title.ageMark === null ? null : strings.ageMark(title.ageMark),
  ].filter((fact) => fact !== null);
  return (
    <section className="hero" ref={seenRef} aria-label={strings.home.heroKicker}>
      <div className="backdrop">
        <Backdrop title={title} />
      </div>
      <div className="hero__words">
        <p className="kicker">
          <Icon name="spark" /> {strings.home.heroKicker}
        </p>
        <h2 className={title.name.length > 28 ? "hero__name hero__name--long" : "hero__name"}>{title.name}</h2>
        <p className="facts">
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
        <p className="hero__reason">{reasonWords(item.reason, nameOf)}</p>
        <div className="hero__buttons">
          <Link
            className="button button--main"
            to="/title/$titleId"
            params={{ titleId: title.titleId }}
            onClick={onClick}
          >
            {strings.home.more}
          </Link>
          <button type="button" className="button" aria-pressed={onList} onClick={() => list(title, !onList)}>
            {onList ? <Icon name="tick" /> : <Icon name="plus" />}{" "}
            {onList ? strings.title.onList : strings.title.addToList}
          </button>
        </div>
      </div>
    </section>
  );
}

/** Without what the viewer has just sent away; positions stay the server's. */
function withoutHidden(rows: readonly Row[], stated: StatedByTitle): Row[] {
  return rows
    .map((row) => ({
      ...row,
      items: row.items.filter(({ title }) => {
        const { notInterested, putAway } = stated.get(title.titleId) ?? {};
        return !notInterested && !(putAway && row.kind === "continue_watching");
      }),
    }))
    .filter((row) => row.items.length > 0);
}

/** The hero is the first top pick, shown large instead of in its row, so that no title is twice on the page. */
function takeHero(rows: readonly Row[]) {
  const picks = rows.find((row) => row.kind === "top_picks");
  const item = picks?.items[0];
  if (picks === undefined || item === undefined || picks.items.length < 4) return { hero: null, rows };
  const rest = { ...picks, items: picks.items.slice(1) };
  return { hero: { item, rowId: picks.rowId }, rows: rows.map((row) => (row === picks ? rest : row)) };
}

/**
 * The page on the screen with what it brought anew; carried over from the page that was shown before. What the viewer's
 * own wishes bring is no news.
 */
function usePageChange(page: HomePage | undefined, wishes: HomeWishes) {
  const [shown, setShown] = useState({ page, wishes, change: NO_CHANGE });
  if (page !== undefined && page !== shown.page) {
    // A page composed again to the same titles keeps the marks of the change before it.
    const change = wishes === shown.wishes ? changeBetween(shown.page, page) : NO_CHANGE;
    const isSame = wishes === shown.wishes && change.freshTitleIds.size === 0 && change.becauseOf === null;
    const next = { page, wishes, change: isSame && shown.page?.profileId === page.profileId ? shown.change : change };
    setShown(next);
    return next.change;
  }
  return shown.change;
}

/** A viewer who comes back faster than the click travels gets the page once more when it has arrived. */
function useSecondLook(refetch: () => void) {
  const { queue, schedule, now } = useServices();
  useEffect(() => {
    let isGone = false;
    let cancel: (() => void) | null = null;
    void queue.flush().then(() => {
      const actMs = queue.lastActAcknowledgedMs();
      const restMs = actMs === null ? 0 : actMs + PAGE_KNOWS_AFTER_MS - now();
      if (restMs > 0 && !isGone) cancel = schedule(refetch, restMs);
    });
    return () => {
      isGone = true;
      cancel?.();
    };
  }, [queue, schedule, now, refetch]);
}

export function Home() {
  const { profileId } = useViewer();
  const { queue, stated, notify } = useServices();
  const [wishes, setWishes] = useState<HomeWishes>({});
  const home = useQuery({ ...homeQuery(profileId, queue, wishes), placeholderData: keepPreviousData });
  const statedNow = useStore(stated);
  const change = usePageChange(home.isPlaceholderData ? undefined : home.data, wishes);
  const { refetch } = home;
  const lookAgain = useMemo(() => () => void refetch(), [refetch]);
  useSecondLook(lookAgain);

  useEffect(() => {
    if (change === NO_CHANGE) return;
    if (change.becauseOf !== null) notify(strings.home.updatedBecause(change.becauseOf));
    else if (change.freshTitleIds.size > 0) notify(strings.home.updated);
  }, [change, notify]);

  const names = useMemo(() => {
    const known = new Map<string, string>(Object.entries(home.data?.seedNames ?? {}));
    for (const row of home.data?.rows ?? []) {
      if (row.reason?.kind === "because_you_watched") known.set(row.reason.seedTitleId, row.reason.seedName);
      for (const { title } of row.items) known.set(title.titleId, title.name);
    }
    return known;
  }, [home.data]);
  const nameOf: NameOf = (titleId) => names.get(titleId);

  if (home.data === undefined) {
    // While it waits to be asked for again, the query has no error yet.
    const waitMs = overloadMsOf(home.failureReason);
    if (waitMs !== undefined) return <FullHouse afterMs={waitMs} />;
    if (!home.isError) return <RowsSkeleton rows={4} />;
    return (
      <>
        <Failure error={home.error} onRetry={lookAgain} />
        {Object.keys(wishes).length > 0 && <WishesOfHome wishes={wishes} onChange={setWishes} />}
      </>
    );
  }
  const { decisionId, degradations, profiling = true } = home.data;
  const { hero, rows } = takeHero(withoutHidden(home.data.rows, statedNow));
  if (rows.length === 0 && Object.keys(wishes).length > 0) {
    return (
      <Empty title={strings.home.nothingFits}>
        <p>{strings.home.nothingFitsLead}</p>
        <WishesOfHome wishes={wishes} onChange={setWishes} />
      </Empty>
    );
  }
  if (rows.length === 0) {
    return (
      <Empty title={strings.home.emptyTitle}>
        <p>{strings.home.emptyLead}</p>
        <button type="button" className="button button--main" onClick={lookAgain}>
          {strings.retry}
        </button>
      </Empty>
    );
  }
  return (
    <div className="home">
      <title>{strings.pageTitle(strings.home.title)}</title>
      <h1 className="unseen">{strings.home.title}</h1>
      {hero !== null && (
        <Hero
          key={hero.item.title.titleId}
          item={hero.item}
          placement={{ decisionId, rowId: hero.rowId, isReported: profiling }}
          nameOf={nameOf}
        />
      )}
      {degradations.length > 0 && <p className="partial">{strings.home.partial}</p>}
      <div className={hero === null ? "rows" : "rows rows--under-hero"} aria-busy={home.isPlaceholderData}>
        {!profiling && (
          <p className="partial">
            {strings.home.unprofiled}{" "}
            <Link className="textual" to="/taste">
              {strings.home.taste}
            </Link>
          </p>
        )}
        <WishesOfHome wishes={wishes} onChange={setWishes} />
        {rows.map((row) => (
          <RowOfCards
            key={row.rowId}
            row={row}
            decisionId={decisionId}
            isReported={profiling}
            nameOf={nameOf}
            isFresh={(titleId) => change.freshTitleIds.has(titleId)}
          />
        ))}
      </div>
      <footer className="foot">
        <span>{strings.home.technologies}</span>
        <a href="/recommendations-rules">{strings.home.rules}</a>
        <Link to="/taste">{strings.home.taste}</Link>
      </footer>
    </div>
  );
}
