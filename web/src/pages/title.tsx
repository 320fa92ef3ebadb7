/** One title: what is known of it, what the viewer says of it, and more like it. */

import { useQuery } from "@tanstack/react-query";
import type { TitleDetails } from "@thewatcher/contracts/api/catalogue";
import { type ReactNode, useState } from "react";
import { ApiFailure } from "../api/client.ts";
import { more } from "../api/more.ts";
import { similarQuery, titleQuery } from "../api/queries.ts";
import { Card } from "../parts/card.tsx";
import { Icon } from "../parts/icons.tsx";
import { Stars } from "../parts/stars.tsx";
import { Failure, RowsSkeleton } from "../parts/states.tsx";
import { tasteQuery, useSayOfTaste } from "../parts/taste.ts";
import { useStated, useStatements, useViewer } from "../parts/viewer.ts";
import { Backdrop, Poster } from "../poster/poster.tsx";
import { Link, useParam } from "../routing/router.tsx";
import { useServices } from "../services.ts";
import { useStore } from "../store.ts";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";
import { genresOf } from "../words.ts";
import { NotFound } from "./not-found.tsx";

const titleWords = () => ({ ...strings.title, ...pageStrings.title });

function Actions({ title }: { readonly title: TitleDetails }) {
  const words = titleWords();
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
      <InTaste title={title} />
    </div>
  );
}

/** What a viewer says who was not at the screen when it was watched. */
function InTaste({ title: { titleId, name } }: { readonly title: TitleDetails }) {
  const words = pageStrings.taste;
  const { profileId } = useViewer();
  const { stated } = useServices();
  const { watched = false } = useStated(titleId);
  const say = useSayOfTaste(profileId);
  const taste = useQuery(tasteQuery(profileId));
  const known = taste.data?.titles.find((title) => title.titleId === titleId);
  if (taste.data?.profiling !== true || (known === undefined && !watched)) return null;
  const isForgotten = known?.forgotten === true && !watched;
  const remember = () => void say(() => more.forget(profileId, titleId, false), [words.remembered(name)]);
  async function forget(): Promise<void> {
    const undo = { label: strings.undo, run: remember };
    const isTaken = await say(() => more.forget(profileId, titleId, true), [words.forgotten(name), undo]);
    if (isTaken) stated.set(new Map(stated.get()).set(titleId, { ...stated.get().get(titleId), watched: false }));
  }
  return (
    <p className="actions__note">
      {isForgotten ? words.countsNot : words.counts}{" "}
      <button
        type="button"
        className="textual textual--button"
        aria-label={isForgotten ? words.remember(name) : words.forget(name)}
        onClick={() => (isForgotten ? remember() : void forget())}
      >
        {isForgotten ? words.rememberShort : words.forgetShort}
      </button>
    </p>
  );
}

/** The leading roles come first. */
const CAST_SHOWN_MAX = 12;

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const People = ({ people }: { readonly people: NonNullable<TitleDetails["people"]> }) =>
  people.map(({ personId, name }, i) => (
    <span key={personId}>
      {i > 0 && ", "}
      <Link to="/person/$personId" params={{ personId }} className="textual">
        {name}
      </Link>
    </span>
  ));

function Facts({ title }: { readonly title: TitleDetails }) {
  const words = titleWords();
  const { people = [], countries = [] } = title;
  const directors = people.filter((person) => person.role === "director");
  const cast = people.filter((person) => person.role === "cast").slice(0, CAST_SHOWN_MAX);
  return (
    <dl className="about">
      {title.originalName !== undefined && <Fact name={words.original}>{title.originalName}</Fact>}
      {directors.length > 0 ? (
        <Fact name={words.directors(directors.length)}>
          <People people={directors} />
        </Fact>
      ) : (
        title.directors.length > 0 && (
          <Fact name={words.directors(title.directors.length)}>{strings.list(title.directors)}</Fact>
        )
      )}
      {cast.length > 0 && (
        <Fact name={words.cast}>
          <People people={cast} />
        </Fact>
      )}
      {title.genres.length > 0 && <Fact name={words.genres}>{strings.list(genresOf(title))}</Fact>}
      {countries.length > 0 && (
        <Fact name={words.countries(countries.length)}>{strings.list(countries.map(words.country))}</Fact>
      )}
      {title.score !== null && <Fact name={words.scoreLabel}>{words.score(title.score, title.scoreVotes)}</Fact>}
    </dl>
  );
}

function Seasons({ titleId }: { readonly titleId: string }) {
  const words = titleWords();
  const found = useQuery({ queryKey: ["seasons", titleId], queryFn: () => more.getSeasons(titleId) });
  const [chosen, setChosen] = useState<number | null>(null);
  if (found.isPending) return <RowsSkeleton rows={1} />;
  if (found.isError) return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  const { seasons } = found.data;
  const season = seasons.find((one) => one.number === chosen) ?? seasons[0];
  if (season === undefined) return null;
  return (
    <section className="seasons" aria-labelledby="seasons">
      <div className="seasons__head">
        <h2 className="row__heading" id="seasons">
          {words.seasons}
        </h2>
        {seasons.length > 1 && (
          <fieldset className="seasons__choice">
            <legend className="unseen">{words.seasonCount(seasons.length)}</legend>
            {seasons.map(({ number }) => (
              <button
                key={number}
                type="button"
                className="chip"
                aria-pressed={number === season.number}
                onClick={() => setChosen(number)}
              >
                {words.season(number)}
              </button>
            ))}
          </fieldset>
        )}
      </div>
      <ol className="episodes" aria-label={words.season(season.number)}>
        {season.episodes.map((episode) => (
          <li className="episode" key={episode.partId}>
            <span className="episode__number" aria-hidden="true">
              {episode.number}
            </span>
            <h3 className="episode__name">{episode.name ?? words.episode(episode.number)}</h3>
            {episode.runtimeMinutes !== null && (
              <span className="episode__length">{strings.runtime(episode.runtimeMinutes)}</span>
            )}
            {episode.plot !== null && <p className="episode__plot">{episode.plot}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** On its own page a title says two months before that it leaves; a date years ahead says nothing. */
const LEAVES_TOLD_MS = 60 * 86_400_000;

/** What a viewer should know before paying. */
function Badges({ title }: { readonly title: TitleDetails }) {
  const words = titleWords();
  const { now } = useServices();
  const { cutMinutes, plans } = title;
  const leavesAt =
    title.leavesAt !== undefined && Date.parse(title.leavesAt) < now() + LEAVES_TOLD_MS ? title.leavesAt : undefined;
  if (leavesAt === undefined && cutMinutes === undefined && plans === undefined) return null;
  return (
    <p className="badges">
      {leavesAt !== undefined && <span className="badge badge--pressing">{strings.card.leaves(leavesAt)}</span>}
      {plans !== undefined && (
        <span className="badge badge--plan">
          <Icon name="ticket" /> {words.plans(plans.map((plan) => strings.planNames[plan]))}
        </span>
      )}
      {cutMinutes !== undefined && <span className="badge">{words.cutLead(cutMinutes)}</span>}
    </p>
  );
}

function Similar({ titleId, name }: { readonly titleId: string; readonly name: string }) {
  const words = titleWords();
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
  const words = titleWords();
  const titleId = useParam("titleId");
  const found = useQuery(titleQuery(titleId));
  if (found.isPending) return <RowsSkeleton rows={2} />;
  if (found.isError) {
    if (found.error instanceof ApiFailure && found.error.status === 404) return <NotFound />;
    return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  }
  const title = found.data;
  const facts = [
    title.year,
    title.kind === "series" ? strings.card.series : null,
    title.seasonCount === undefined ? null : words.seasonCount(title.seasonCount),
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
          <Badges title={title} />
          {title.plot !== null && <p className="title__plot">{title.plot}</p>}
          <Facts title={title} />
          <Actions title={title} />
        </div>
      </article>
      {title.kind === "series" && <Seasons titleId={titleId} />}
      <Similar titleId={titleId} name={title.name} />
    </div>
  );
}
