/**
 * Search as you type. What is asked for stands in the address, so that back returns to it; a letter typed meanwhile
 * cancels what was asked before. Arrow down goes from the field to the titles, arrows go among them, Escape goes back.
 */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { SearchPage as Found, Highlight, SearchHit } from "@thewatcher/contracts/api/search";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { FACETS, more, type SearchFilters } from "../api/more.ts";
import { Collections } from "../parts/collections.tsx";
import { problemWords } from "../parts/form.tsx";
import { Icon } from "../parts/icons.tsx";
import { Failure } from "../parts/states.tsx";
import { PlainCard } from "../parts/title-card.tsx";
import { useViewer } from "../parts/viewer.ts";
import { useNavigate, useSearch } from "../routing/router.tsx";
import { markedParts } from "../search-words.ts";
import { useServices } from "../services.ts";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";

/** Between two letters of somebody who types; the answer itself takes some 20 ms. */
const TYPING_RESTS_MS = 160;
/** Words that stood this long were meant. */
const MEANT_AFTER_MS = 1_500;
const HITS_FIRST = 24;
/** As of the contract, which brings zod. */
const HITS_MAX = 50;
const CHARACTERS_MAX = 200;
/** Values of one facet that are offered. */
const VALUES_MAX = 8;

interface Asked extends SearchFilters {
  readonly q?: string;
}

function useAsked(): { readonly query: string; readonly filters: SearchFilters } {
  const asked = useSearch();
  const filters: Record<string, string> = {};
  for (const facet of FACETS) if (asked[facet] !== undefined) filters[facet] = asked[facet];
  return { query: (asked.q ?? "").trim(), filters };
}

function Marked({ text, highlights }: { readonly text: string; readonly highlights: readonly Highlight[] }) {
  return markedParts(text, highlights).map(({ from, part, isMarked }) =>
    isMarked ? <mark key={from}>{part}</mark> : <span key={from}>{part}</span>,
  );
}

function Hits({ hits, label }: { readonly hits: readonly SearchHit[]; readonly label: string }) {
  const { queue } = useServices();
  return (
    <ul className="grid" aria-label={label}>
      {hits.map(({ title, highlights }) => (
        <PlainCard
          key={title.titleId}
          title={title}
          name={<Marked text={title.name} highlights={highlights} />}
          onOpen={() =>
            void queue.add({ type: "click", payload: { titleId: title.titleId, rowId: "search" } }, "urgent")
          }
        />
      ))}
    </ul>
  );
}

function Facets({
  facets,
  filters,
  onChoose,
}: {
  readonly facets: Found["facets"];
  readonly filters: SearchFilters;
  readonly onChoose: (filters: SearchFilters) => void;
}) {
  const words = pageStrings.search;
  const shown = FACETS.filter((facet) => facets[facet].length > 1 || filters[facet] !== undefined);
  if (shown.length === 0) return null;
  return (
    <section className="facets" aria-label={words.filters}>
      {shown.map((facet) => (
        <fieldset className="facets__row" key={facet}>
          <legend className="facets__name">{words[facet]}</legend>
          {facets[facet].slice(0, VALUES_MAX).map(({ value, name, count }) => {
            const isOn = filters[facet] === value;
            const { [facet]: _, ...others } = filters;
            return (
              <button
                key={value}
                type="button"
                className="chip"
                aria-pressed={isOn}
                onClick={() => onChoose(isOn ? others : { ...filters, [facet]: value })}
              >
                {name} <span className="chip__count">{count}</span>
              </button>
            );
          })}
        </fieldset>
      ))}
    </section>
  );
}

/** "We don't have it", with what can be done about that. */
function Absent({
  query,
  hasFilters,
  onDrop,
}: {
  readonly query: string;
  readonly hasFilters: boolean;
  readonly onDrop: () => void;
}) {
  const words = pageStrings.search;
  const { profileId } = useViewer();
  const { notify } = useServices();
  const [wished, setWished] = useState<string | null>(null);
  async function wish(): Promise<void> {
    try {
      await more.wishFor(profileId, { query });
      setWished(query);
      notify(words.wishedSaid(query));
    } catch (error) {
      notify(problemWords(error));
    }
  }
  return (
    <section className="absent">
      <h2 className="absent__title">{hasFilters ? words.nothing(query) : words.absent(query)}</h2>
      {hasFilters ? (
        <button type="button" className="button button--main" onClick={onDrop}>
          {words.dropFilters}
        </button>
      ) : (
        query.length > 1 && (
          <>
            <p className="quiet">{words.absentLead}</p>
            <button
              type="button"
              className="button button--main"
              aria-pressed={wished === query}
              disabled={wished === query}
              onClick={() => void wish()}
            >
              {wished === query && <Icon name="tick" />} {wished === query ? words.wished : words.wish}
            </button>
          </>
        )
      )}
    </section>
  );
}

function countWords(query: string, found: Found | undefined): string {
  const words = pageStrings.search;
  if (query === "") return "";
  if (found === undefined) return words.searching;
  return found.absent ? words.absent(query) : words.found(found.total);
}

function Results({
  found,
  query,
  filters,
  ask,
  more: showMore,
}: {
  readonly found: Found;
  readonly query: string;
  readonly filters: SearchFilters;
  readonly ask: (filters: SearchFilters) => void;
  readonly more: ReactNode;
}) {
  const words = pageStrings.search;
  const { reading } = found;
  const hasFilters = Object.keys(filters).length > 0;
  return (
    <>
      {reading !== null && reading.kind !== "typed" && (
        <p className="search__reading">
          {words.read[reading.kind]} <b>{reading.text}</b>
        </p>
      )}
      {(!found.absent || hasFilters) && <Facets facets={found.facets} filters={filters} onChoose={ask} />}
      {found.hits.length === 0 ? (
        <>
          <Absent query={query} hasFilters={hasFilters} onDrop={() => ask({})} />
          {found.nearest.length > 0 && (
            <>
              <h2 className="row__heading search__nearest">{words.nearest}</h2>
              <Hits hits={found.nearest} label={words.nearest} />
            </>
          )}
        </>
      ) : (
        <>
          <Hits hits={found.hits} label={words.found(found.total)} />
          {showMore}
        </>
      )}
    </>
  );
}

export function SearchPage() {
  const words = pageStrings.search;
  const { query, filters } = useAsked();
  const { profileId } = useViewer();
  const { schedule, queue } = useServices();
  const navigate = useNavigate();
  const field = useRef<HTMLInputElement>(null);
  const page = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState(query);
  const [limit, setLimit] = useState(HITS_FIRST);

  const ask = (next: Asked) => void navigate({ to: "/search", search: { q: query, ...next }, replace: true });

  // What is typed is asked for when the fingers rest; filters of other words would hide what is there.
  useEffect(() => {
    if (typed.trim() === query) return undefined;
    return schedule(() => {
      setLimit(HITS_FIRST);
      void navigate({ to: "/search", search: { q: typed.trim() }, replace: true });
    }, TYPING_RESTS_MS);
  }, [typed, query, schedule, navigate]);

  const search = useQuery({
    queryKey: ["search", profileId, query, filters, limit],
    queryFn: ({ signal }) => more.search(query, filters, limit, signal),
    enabled: query !== "",
    // The titles of before stay until those of the next letters come.
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  const found = query === "" ? undefined : search.data;
  const total = found?.total;
  const isCurrent = found !== undefined && !search.isPlaceholderData;

  useEffect(() => {
    if (!isCurrent || total === undefined) return undefined;
    return schedule(() => void queue.add({ type: "search", payload: { query, resultCount: total } }), MEANT_AFTER_MS);
  }, [isCurrent, query, total, schedule, queue]);

  useEffect(() => field.current?.focus(), []);

  useEffect(() => {
    const around = page.current;
    function onKeyDown(event: KeyboardEvent): void {
      const links = [...(page.current?.querySelectorAll<HTMLElement>(".card__link") ?? [])];
      const at = links.indexOf(document.activeElement as HTMLElement);
      const isInField = document.activeElement === field.current;
      let next: HTMLElement | undefined;
      if (event.key === "ArrowDown") next = isInField ? links[0] : below(links, at, 1);
      else if (event.key === "ArrowUp" && at >= 0) next = below(links, at, -1) ?? field.current ?? undefined;
      else if (event.key === "ArrowRight" && at >= 0) next = links[at + 1];
      else if (event.key === "ArrowLeft" && at >= 0) next = links[at - 1];
      else if (event.key === "Escape" && !isInField) next = field.current ?? undefined;
      if (next === undefined) return;
      event.preventDefault();
      next.focus();
    }
    around?.addEventListener("keydown", onKeyDown);
    return () => around?.removeEventListener("keydown", onKeyDown);
  }, []);

  return (
    <div className="page search" ref={page}>
      <title>{strings.pageTitle(query === "" ? words.title : query)}</title>
      <h1 className="unseen">{words.title}</h1>
      <search>
        <form
          className="search__form"
          onSubmit={(event) => {
            event.preventDefault();
            ask({ q: typed.trim() });
          }}
        >
          <Icon name="search" />
          <input
            ref={field}
            className="search__field"
            type="text"
            inputMode="search"
            enterKeyHint="search"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={CHARACTERS_MAX}
            value={typed}
            placeholder={words.field}
            aria-label={words.field}
            onChange={(event) => setTyped(event.target.value)}
          />
          {typed !== "" && (
            <button
              type="button"
              className="search__clear"
              aria-label={words.clear}
              onClick={() => {
                setTyped("");
                field.current?.focus();
              }}
            >
              <Icon name="cross" />
            </button>
          )}
        </form>
      </search>
      <p className={found?.absent ? "unseen" : "search__count"} role="status" aria-live="polite">
        {countWords(query, isCurrent ? found : undefined)}
      </p>
      {query === "" && (
        <>
          <p className="quiet">{words.hint}</p>
          <Collections />
        </>
      )}
      {query !== "" && search.isError && <Failure error={search.error} onRetry={() => void search.refetch()} />}
      {found !== undefined && !search.isError && (
        <Results
          found={found}
          query={query}
          filters={filters}
          ask={(next) => {
            setLimit(HITS_FIRST);
            ask(next);
          }}
          more={
            found.total > found.hits.length &&
            limit < HITS_MAX && (
              <button type="button" className="button search__more" onClick={() => setLimit(HITS_MAX)}>
                {words.more}
              </button>
            )
          }
        />
      )}
    </div>
  );
}

/** The link in the next row of the grid, at about the same place. */
function below(links: readonly HTMLElement[], at: number, direction: 1 | -1): HTMLElement | undefined {
  const from = links[at]?.getBoundingClientRect();
  if (from === undefined) return undefined;
  const others = direction === 1 ? links.slice(at + 1) : links.slice(0, at).reverse();
  return others.find((link) => {
    const { top, left } = link.getBoundingClientRect();
    return (top - from.top) * direction > from.height / 2 && Math.abs(left - from.left) < from.width / 2;
  });
}
