/** One title: what is known of it, what the viewer says of it, and more like it. */

import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { TitleDetails } from "@thewatcher/contracts/api/catalogue";
import { ApiFailure } from "../api/client.ts";
import { similarQuery, titleQuery } from "../api/queries.ts";
import { Card } from "../parts/card.tsx";
import { Icon } from "../parts/icons.tsx";
import { Stars } from "../parts/stars.tsx";
import { Failure, RowsSkeleton } from "../parts/states.tsx";
import { useStated, useStatements, useViewer } from "../parts/viewer.ts";
import { Backdrop, Poster } from "../poster/poster.tsx";
import { useServices } from "../services.ts";
import { useStore } from "../store.ts";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";
import { NotFound } from "./not-found.tsx";

const words = { ...strings.title, ...pageStrings.title };

function Actions({ title }: { readonly title: TitleDetails }) {
  const { onList = false, watched = false, notInterested = false, stars = null } = useStated(title.titleId);
  const say = useStatements();
  return (
    <div className="actions">
      <div className="actions__buttons">
        <button
          type="button"
          className="button button--main"
          aria-pressed={watched}
          onClick={() => say.watched(title, !watched)}
        >
          <Icon name="tick" /> {watched ? words.watchedDone : words.watched}
        </button>
        <button type="button" className="button" aria-pressed={onList} onClick={() => say.list(title, !onList)}>
          {onList ? <Icon name="tick" /> : <Icon name="plus" />} {onList ? words.onList : words.addToList}
        </button>
        <button
          type="button"
          className="button button--quiet"
          aria-pressed={notInterested}
          onClick={() => (notInterested ? say.interestedAgain(title) : say.notInterested(title))}
        >
          <Icon name="hide" /> {notInterested ? strings.undo : words.notInterested}
        </button>
      </div>
      {notInterested && <p className="actions__note">{words.notInterestedDone}</p>}
      <Stars stars={stars} onRate={(next) => say.rate(title, next)} />
    </div>
  );
}

function Facts({ title }: { readonly title: TitleDetails }) {
  return (
    <dl className="about">
      {title.directors.length > 0 && (
        <div>
          <dt>{words.directors(title.directors.length)}</dt>
          <dd>{strings.list(title.directors)}</dd>
        </div>
      )}
      {title.genres.length > 0 && (
        <div>
          <dt>{words.genres}</dt>
          <dd>{strings.list(title.genres)}</dd>
        </div>
      )}
      {title.score !== null && (
        <div>
          <dt>{words.scoreLabel}</dt>
          <dd>{words.score(title.score, title.scoreVotes)}</dd>
        </div>
      )}
    </dl>
  );
}

function Similar({ titleId, name }: { readonly titleId: string; readonly name: string }) {
  const { profileId } = useViewer();
  const { stated } = useServices();
  const statedNow = useStore(stated);
  const similar = useQuery(similarQuery(profileId, titleId));
  if (similar.isPending) return <RowsSkeleton rows={1} />;
  if (similar.isError) return <Failure error={similar.error} onRetry={() => void similar.refetch()} />;
  const { decisionId } = similar.data;
  const items = similar.data.items.filter((item) => statedNow.get(item.title.titleId)?.notInterested !== true);
  return (
    <section className="similar" aria-labelledby="similar">
      <h2 className="row__heading" id="similar">
        {words.similar}
      </h2>
      {items.length === 0 ? (
        <p className="quiet">{words.similarEmpty}</p>
      ) : (
        <ul className="grid">
          {items.map((item) => (
            <Card
              key={item.title.titleId}
              item={item}
              placement={{ decisionId, rowId: "similar" }}
              nameOf={(id) => (id === titleId ? name : undefined)}
              rowWords={strings.reasons.similar_to_title}
              isFresh={false}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

export function TitlePage() {
  const { titleId } = useParams({ strict: false }) as { titleId: string };
  const found = useQuery(titleQuery(titleId));
  if (found.isPending) return <RowsSkeleton rows={2} />;
  if (found.isError) {
    if (found.error instanceof ApiFailure && found.error.status === 404) return <NotFound />;
    return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  }
  const title = found.data;
  const facts = [
    title.year,
    title.runtimeMinutes === null ? null : strings.runtime(title.runtimeMinutes),
    title.ageMark === null ? null : strings.ageMark(title.ageMark),
  ].filter((fact) => fact !== null);
  return (
    <div className="title" key={titleId}>
      <title>{strings.pageTitle(title.name)}</title>
      <div className="backdrop backdrop--title">
        <Backdrop title={title} />
      </div>
      <article className="title__sheet">
        <div className="title__poster">
          <Poster title={title} />
        </div>
        <div className="title__words">
          <h1 className={title.name.length > 28 ? "title__name title__name--long" : "title__name"}>{title.name}</h1>
          {facts.length > 0 && (
            <p className="facts">
              {facts.map((fact) => (
                <span key={fact}>{fact}</span>
              ))}
            </p>
          )}
          {title.plot !== null && <p className="title__plot">{title.plot}</p>}
          <Facts title={title} />
          <Actions title={title} />
        </div>
      </article>
      <Similar titleId={titleId} name={title.name} />
    </div>
  );
}
