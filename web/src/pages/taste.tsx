/**
 * What the service believes a profile likes, with the titles that say so: each trait can be made more or less of, and the
 * picks are shown as they would be before anything is kept. Here a watch is forgotten, and personalisation switched off.
 */

import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import type { TasteEdits, TasteView } from "@thewatcher/contracts/api/taste";
import { useState } from "react";
import { more } from "../api/more.ts";
import { problemWords } from "../parts/form.tsx";
import { Icon } from "../parts/icons.tsx";
import { Failure, RowsSkeleton } from "../parts/states.tsx";
import { PlainCard } from "../parts/title-card.tsx";
import { useViewer } from "../parts/viewer.ts";
import { Link } from "../routing/router.tsx";
import { useServices } from "../services.ts";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";

type Facet = TasteView["facets"][number];
type Edits = TasteEdits["edits"];
/** Corrections that are not kept yet, by facet. */
type Draft = ReadonlyMap<string, number>;

const KINDS = ["genre", "decade", "country", "person"] as const satisfies readonly Facet["kind"][];
/** Of the preview: a screen of cards. */
const PICKS_MAX = 12;

const tasteKey = (profileId: string) => ["taste", profileId] as const;
const percent = (share: number) => `${Math.round(share * 100)}%`;

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
      <span className="trait__acts">
        <button
          type="button"
          className="chip"
          aria-label={words.less(name)}
          aria-pressed={value < 0}
          onClick={() => onChange(value < 0 ? 0 : -1)}
        >
          −
        </button>
        <button
          type="button"
          className="chip"
          aria-label={words.more(name)}
          aria-pressed={value > 0}
          onClick={() => onChange(value > 0 ? 0 : 1)}
        >
          +
        </button>
      </span>
    </li>
  );
}

/** The picks as the page would have them. */
function Preview({ edits }: { readonly edits: Edits }) {
  const { profileId } = useViewer();
  const preview = useQuery({
    queryKey: ["taste-preview", profileId, edits],
    queryFn: ({ signal }) => more.previewTaste(edits, signal),
    placeholderData: keepPreviousData,
    gcTime: 0,
  });
  if (preview.isError) return <Failure error={preview.error} onRetry={() => void preview.refetch()} />;
  if (preview.data === undefined) return <RowsSkeleton rows={1} />;
  const { rows } = preview.data;
  const picks = rows.find(({ kind }) => kind === "top_picks") ?? rows.find(({ kind }) => kind !== "continue_watching");
  return (
    <ul className="row__items preview__items">
      {picks?.items.slice(0, PICKS_MAX).map(({ title }) => (
        <PlainCard key={title.titleId} title={title} />
      ))}
    </ul>
  );
}

/** Whatever is said of a taste changes the sheet and the page. */
function useSay() {
  const { profileId } = useViewer();
  const { notify } = useServices();
  const queries = useQueryClient();
  return async (what: () => Promise<void>, said: Parameters<typeof notify>): Promise<boolean> => {
    let isSaid = true;
    try {
      await what();
      notify(...said);
    } catch (error) {
      isSaid = false;
      notify(problemWords(error));
    }
    await Promise.all([
      queries.invalidateQueries({ queryKey: tasteKey(profileId) }),
      queries.invalidateQueries({ queryKey: ["home", profileId] }),
    ]);
    return isSaid;
  };
}

function Facets({ view }: { readonly view: TasteView }) {
  const words = pageStrings.taste;
  const { profileId } = useViewer();
  const say = useSay();
  const [draft, setDraft] = useState<Draft>(new Map());
  const valueNow = ({ facet, value }: Facet) => draft.get(facet) ?? value;
  const edits: Edits = view.facets
    .map((facet) => ({ facet: facet.facet, value: valueNow(facet) }))
    .filter(({ value }) => value !== 0);
  const isChanged = view.facets.some((facet) => valueNow(facet) !== facet.value);
  const save = async () => {
    if (await say(() => more.putTaste(profileId, edits), [words.saved])) setDraft(new Map());
  };
  return (
    <>
      {view.titleCount === 0 && <p className="quiet">{words.nothing}</p>}
      <div className="traits">
        {KINDS.map((kind) => {
          const facets = view.facets.filter((facet) => facet.kind === kind);
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
                      value={valueNow(facet)}
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
          <Preview edits={edits} />
        </section>
      )}
    </>
  );
}

function Titles({ titles }: Pick<TasteView, "titles">) {
  const words = pageStrings.taste;
  const { profileId } = useViewer();
  const say = useSay();
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
                const undo = () => void say(forget(titleId, false), [words.rememberShort]);
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

function ProfilingSwitch({ isOn }: { readonly isOn: boolean }) {
  const words = pageStrings.taste;
  const { profileId } = useViewer();
  const say = useSay();
  const change = () => say(() => more.putProfiling(profileId, !isOn), [isOn ? words.switchedOff : words.switchedOn]);
  return (
    <section aria-labelledby="taste-profiling">
      <h2 className="row__heading" id="taste-profiling">
        {words.profiling}
      </h2>
      <p className="quiet">{isOn ? words.profilingOn : words.profilingOff}</p>
      <p className="part__act">
        <button type="button" className={isOn ? "button" : "button button--main"} onClick={() => void change()}>
          {isOn ? words.switchOff : words.switchOn}
        </button>
        <a className="textual" href="/recommendations-rules">
          {strings.home.rules} <Icon name="on" />
        </a>
      </p>
    </section>
  );
}

export function TastePage() {
  const words = pageStrings.taste;
  const { profileId } = useViewer();
  const taste = useQuery({
    queryKey: tasteKey(profileId),
    queryFn: () => more.getTaste(profileId),
    refetchOnMount: "always",
  });
  if (taste.isPending) return <RowsSkeleton rows={2} />;
  if (taste.isError) return <Failure error={taste.error} onRetry={() => void taste.refetch()} />;
  const { profiling, degradations, titles } = taste.data;
  return (
    <div className="page page--taste">
      <title>{strings.pageTitle(words.title)}</title>
      <h1 className="page__title">{words.title}</h1>
      <p className="page__lead">{words.lead}</p>
      {degradations.length > 0 && <p className="partial">{strings.home.partial}</p>}
      {profiling && (
        <>
          <Facets view={taste.data} />
          <Titles titles={titles} />
        </>
      )}
      <ProfilingSwitch isOn={profiling} />
    </div>
  );
}
