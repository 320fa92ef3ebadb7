/** One title in a row: poster, name, reason. Reports that it was seen and clicked; can be sent away. */

import type { Row, SlateItem } from "@thewatcher/contracts/api/serving";
import type { DecisionId } from "@thewatcher/contracts/ids";
import { Poster } from "../poster/poster.tsx";
import { Link } from "../routing/router.tsx";
import { useServices } from "../services.ts";
import { strings } from "../strings.ts";
import { badgeOf, genresOf, type NameOf, reasonWords, saysMore, watchedPercent } from "../words.ts";
import { Icon } from "./icons.tsx";
import { useSighting } from "./use-sighting.ts";
import { type Origin, useStatements, useViewer } from "./viewer.ts";

export interface Placement {
  readonly decisionId: DecisionId;
  readonly rowId: string;
  /** false: the profile wants no profiling, and what it sees and opens is not told. */
  readonly isReported?: boolean;
}

/** Reports for an item on a page: what it is to be seen there, and clicked there. */
export function useItemReports(item: SlateItem, { decisionId, rowId, isReported = true }: Placement) {
  const { queue } = useServices();
  const { title, position } = item;
  const payload = { titleId: title.titleId, rowId };
  const seenRef = useSighting<HTMLElement>(`${decisionId} ${rowId} ${title.titleId}`, () => {
    if (isReported) queue.add({ type: "impression", decisionId, position, payload });
  });
  const onClick = () => {
    if (isReported) queue.add({ type: "click", decisionId, position, payload }, "urgent");
  };
  const origin: Origin = { decisionId, position, rowId };
  return { seenRef, onClick, origin };
}

/** Facts instead of a reason that the row's heading gives already; nor is its genre said again. */
const metaOf = ({ title, reason }: SlateItem) =>
  [title.year, reason.kind === "genre" && title.runtimeMinutes !== null ? strings.runtime(title.runtimeMinutes) : null]
    .concat(reason.kind === "genre" ? [] : (genresOf(title)[0] ?? null))
    .filter((part) => part !== null)
    .join(" · ");

export interface CardProps {
  readonly item: SlateItem;
  readonly placement: Placement;
  readonly nameOf: NameOf;
  /** The row's own words: a card does not repeat them. */
  readonly rowWords: string;
  readonly rowKind?: Row["kind"];
  readonly rank?: number;
  readonly isFresh: boolean;
}

export function Card({ item, placement, nameOf, rowWords, rowKind, rank, isFresh }: CardProps) {
  const { seenRef, onClick, origin } = useItemReports(item, placement);
  const { notInterested } = useStatements();
  const services = useServices();
  const { title } = item;
  const isBegun = item.reason.kind === "continue_watching";
  const { profileId } = useViewer();
  const badge = badgeOf(title, services.now());
  const reason = reasonWords(item.reason, nameOf);
  const percent = watchedPercent(item.reason);
  const isNews = reason !== rowWords && rank === undefined && saysMore(item.reason, rowKind);
  const label = [title.name, rank === undefined ? null : strings.card.rank(rank), title.year, reason, badge]
    .filter((part) => part != null)
    .join(", ");
  return (
    <li className={`card${rank === undefined ? "" : " card--ranked"}${isFresh ? " card--fresh" : ""}`}>
      {rank !== undefined && (
        <span className={rank < 10 ? "card__rank" : "card__rank card__rank--wide"} aria-hidden="true">
          {rank}
        </span>
      )}
      <Link
        className="card__link"
        to="/title/$titleId"
        params={{ titleId: title.titleId }}
        title={reason}
        aria-label={label}
        onClick={onClick}
      >
        <span className="card__poster" ref={seenRef}>
          <Poster title={title} />
          {badge !== null && <span className="card__badge">{badge}</span>}
          {percent !== null && (
            <progress
              className="card__progress"
              max={100}
              value={percent}
              aria-label={strings.card.progress(percent)}
            />
          )}
        </span>
        <span className="card__name">{title.name}</span>
        <span className="card__reason">{isNews ? reason : metaOf(item)}</span>
      </Link>
      <button
        type="button"
        className="card__hide"
        aria-label={isBegun ? strings.card.putAway(title.name) : strings.card.notInterested(title.name)}
        onClick={() => {
          if (!isBegun) notInterested(title, origin);
          else void import("./put-away.ts").then(({ putAway }) => putAway(services, profileId, title));
        }}
      >
        <Icon name="cross" />
      </button>
    </li>
  );
}
