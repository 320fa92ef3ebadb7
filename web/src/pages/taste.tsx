/**
 * What the service believes a profile likes, with the titles that say so: each trait can be made more or less of, and the
 * picks are shown as they would be before anything is kept. Here a watch is forgotten, and personalisation switched off.
 */

import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import type { TasteView } from "@thewatcher/contracts/api/taste";
import { useState } from "react";
import { more } from "../api/more.ts";
import { ProfilingSwitch } from "../parts/profiling.tsx";
import { Failure, RowsSkeleton } from "../parts/states.tsx";
import { tasteQuery, useSayOfTaste } from "../parts/taste.ts";
import { PlainCard } from "../parts/title-card.tsx";
import { useViewer } from "../parts/viewer.ts";
import { Link } from "../routing/router.tsx";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";
import {
  type Draft,
  type Edits,
  editsOf,
  type Facet,
  inSheetOrder,
  newAmong,
  percent,
  picksOf,
  valueIn,
} from "../taste-words.ts";

const KINDS = ["genre", "decade", "country", "person"] as const satisfies readonly Facet["kind"][];

/** A person stands in the sheet by id. */
function useNameOf({ kind, name }: Facet): string {
  const found = useQuery({
    queryKey: ["person", name],
    queryFn: () => more.getPerson(name),
    enabled: kind === "person",
  });
  if (kind === "person") return found.data?.name ?? "…";
  if (kind === "country") return strings.country(name);
  return kind === "decade" ? pageStrings.taste.decade(name) : name;
}

function FacetLine({
  facet,
  value,
  onChange,
}: {
  readonly facet: Facet;
  readonly value: number;
  readonly onChange: (value: number) => void;
}) {
  const words = pageStrings.taste;
  const name = useNameOf(facet);
  const { share, crowdShare, evidence } = facet;
  const choices = [
    [-1, words.less],
    [0, words.asIs],
    [1, words.more],
  ] as const;
  return (
    <li className="line trait">
      <span className="line__words">
        <b>{name}</b>
        <span className="person__note">
          {share > 0 ? words.share(percent(share), percent(crowdShare)) : words.unknown}
        </span>
        {evidence.length > 0 && (
          <span className="person__note">{words.because(strings.list(evidence.map((title) => title.name)))}</span>
        )}
      </span>
      <fieldset className="dial">
        <legend className="unseen">{name}</legend>
        {choices.map(([choice, label]) => (
          <label key={choice} className="dial__choice">
            <input
              type="radio"
              className="unseen"
              name={facet.facet}
              checked={value === choice}
              onChange={() => onChange(choice)}
            />
            {label}
          </label>
        ))}
      </fieldset>
    </li>
  );
}

const previewQuery = (profileId: string, edits: Edits) =>
  queryOptions({
    queryKey: ["taste-preview", profileId, edits],
    queryFn: ({ signal }) => more.previewTaste(edits, signal),
    gcTime: 0,
  });

/** The picks as the page would have them, beside what they are. */
function Preview({ kept, edits }: { readonly kept: Edits; readonly edits: Edits }) {
  const words = pageStrings.taste;
  const { profileId } = useViewer();
  const now = useQuery(previewQuery(profileId, kept));
  const preview = useQuery({ ...previewQuery(profileId, edits), placeholderData: keepPreviousData });
  if (preview.isError) return <Failure error={preview.error} onRetry={() => void preview.refetch()} />;
  if (preview.data === undefined) return <RowsSkeleton rows={1} />;
  const picks = picksOf(preview.data);
  const fresh = now.data === undefined ? undefined : newAmong(picks, picksOf(now.data));
  return (
    <div aria-busy={preview.isPlaceholderData}>
      <p className="preview__news" aria-live="polite">
        {fresh !== undefined && (fresh.length === 0 ? words.bringsNothing : words.brings(strings.list(fresh)))}
      </p>
      <ul className="row__items preview__items">
        {picks.map(({ title }) => (
          <PlainCard key={title.titleId} title={title} />
        ))}
      </ul>
    </div>
  );
}

function Facets({ view }: { readonly view: TasteView }) {
  const words = pageStrings.taste;
  const { profileId } = useViewer();
  const say = useSayOfTaste(profileId);
  const [draft, setDraft] = useState<Draft>(new Map());
  const kept = editsOf(view.facets, new Map());
  const edits = editsOf(view.facets, draft);
  const isChanged = view.facets.some((facet) => valueIn(draft, facet) !== facet.value);
  const save = async () => {
    const undo = () => void say(() => more.putTaste(profileId, kept), [words.undone]);
    const isKept = await say(() => more.putTaste(profileId, edits), [words.saved, { label: strings.undo, run: undo }]);
    if (isKept) setDraft(new Map());
  };
  return (
    <>
      {view.titleCount === 0 && <p className="quiet">{words.nothing}</p>}
      <div className="traits">
        {KINDS.map((kind) => {
          const facets = inSheetOrder(view.facets.filter((facet) => facet.kind === kind));
          return (
            facets.length > 0 && (
              <section key={kind} aria-labelledby={`taste-${kind}`}>
                <h2 className="row__heading" id={`taste-${kind}`}>
                  {words.kinds[kind]}
                </h2>
                <ul className="lines">
                  {facets.map((facet) => (
                    <FacetLine
                      key={facet.facet}
                      facet={facet}
                      value={valueIn(draft, facet)}
                      onChange={(value) => setDraft(new Map(draft).set(facet.facet, value))}
                    />
                  ))}
                </ul>
              </section>
            )
          );
        })}
      </div>
      {isChanged && (
        <section className="preview" aria-labelledby="taste-preview">
          <div className="preview__head">
            <h2 className="row__heading" id="taste-preview">
              {words.preview}
            </h2>
            <button type="button" className="button button--main" onClick={() => void save()}>
              {words.save}
            </button>
            <button type="button" className="button button--quiet" onClick={() => setDraft(new Map())}>
              {words.reset}
            </button>
          </div>
          <Preview kept={kept} edits={edits} />
        </section>
      )}
    </>
  );
}

function Titles({ titles }: Pick<TasteView, "titles">) {
  const words = pageStrings.taste;
  const { profileId } = useViewer();
  const say = useSayOfTaste(profileId);
  if (titles.length === 0) return null;
  const forget = (titleId: string, isForgotten: boolean) => () => more.forget(profileId, titleId, isForgotten);
  return (
    <section aria-labelledby="taste-titles">
      <h2 className="row__heading" id="taste-titles">
        {words.titles}
      </h2>
      <p className="quiet">{words.titlesLead}</p>
      <ul className="lines lines--many">
        {titles.map(({ titleId, name, forgotten }) => (
          <li className="line" key={titleId}>
            <span className="line__words">
              <Link className="textual" to="/title/$titleId" params={{ titleId }}>
                <b>{name}</b>
              </Link>
              {forgotten && <span className="person__note">{words.isForgotten}</span>}
            </span>
            <button
              type="button"
              className="button button--quiet"
              aria-label={forgotten ? words.remember(name) : words.forget(name)}
              onClick={() => {
                const undo = () => void say(forget(titleId, false), [words.remembered(name)]);
                if (forgotten) undo();
                else void say(forget(titleId, true), [words.forgotten(name), { label: strings.undo, run: undo }]);
              }}
            >
              {forgotten ? words.rememberShort : words.forgetShort}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function TastePage() {
  const words = pageStrings.taste;
  const { profileId } = useViewer();
  const taste = useQuery({ ...tasteQuery(profileId), refetchOnMount: "always" });
  if (taste.isPending) return <RowsSkeleton rows={2} />;
  if (taste.isError) return <Failure error={taste.error} onRetry={() => void taste.refetch()} />;
  const { profiling, degradations, titles } = taste.data;
  const switchPart = (
    <section className="part" aria-labelledby="taste-profiling">
      <h2 className="row__heading" id="taste-profiling">
        {words.profiling}
      </h2>
      <ProfilingSwitch profileId={profileId} isOn={profiling} />
    </section>
  );
  return (
    <div className="page page--taste">
      <title>{strings.pageTitle(words.title)}</title>
      <h1 className="page__title">{words.title}</h1>
      {profiling && (
        <p className="page__lead">
          {words.lead}{" "}
          <a className="textual" href="#taste-profiling">
            {words.profiling}
          </a>
        </p>
      )}
      {degradations.length > 0 && <p className="quiet">{strings.home.partial}</p>}
      {profiling && (
        <>
          <Facets view={taste.data} />
          <Titles titles={titles} />
        </>
      )}
      {switchPart}
    </div>
  );
}
