/** A row of cards: a list that scrolls sideways by touch, wheel, buttons and arrow keys. */
import type { Row } from "@thewatcher/contracts/api/serving";
import type { DecisionId } from "@thewatcher/contracts/ids";
import { type KeyboardEvent, useId, useRef } from "react";
import { Link } from "../routing/router.tsx";
import { strings } from "../strings.ts";
import { type NameOf, rankOf, rowHeading } from "../words.ts";
import { Card } from "./card.tsx";
import { Icon } from "./icons.tsx";

export interface RowProps {
  readonly row: Row;
  readonly decisionId: DecisionId;
  readonly isReported: boolean;
  readonly nameOf: NameOf;
  readonly isFresh: (titleId: string) => boolean;
}

/** Most of a screenful, so that the last card seen stays as an anchor. */
const SCROLL_SHARE = 0.85;

export function RowOfCards({ row, decisionId, isReported, nameOf, isFresh }: RowProps) {
  const headingId = useId();
  const list = useRef<HTMLUListElement>(null);
  const heading = rowHeading(row);
  const ranked = row.kind === "top_in_country";

  const scroll = (direction: -1 | 1) =>
    list.current?.scrollBy({ left: direction * list.current.clientWidth * SCROLL_SHARE });

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const links = [...(list.current?.querySelectorAll<HTMLElement>(".card__link") ?? [])];
    const at = links.findIndex((link) => link.parentElement?.contains(document.activeElement));
    const next = links[at + (event.key === "ArrowRight" ? 1 : -1)];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    next.focus();
  }

  return (
    <section className="row" aria-labelledby={headingId}>
      <div className="row__head">
        <h2 className="row__heading" id={headingId}>
          {row.reason?.kind === "editorial" ? (
            <Link to="/collections/$collectionId" params={{ collectionId: row.reason.collectionId }}>
              {heading}
            </Link>
          ) : (
            heading
          )}
        </h2>
        <div className="row__arrows">
          <button type="button" tabIndex={-1} aria-label={strings.home.scrollBack(heading)} onClick={() => scroll(-1)}>
            <Icon name="back" />
          </button>
          <button type="button" tabIndex={-1} aria-label={strings.home.scrollOn(heading)} onClick={() => scroll(1)}>
            <Icon name="on" />
          </button>
        </div>
      </div>
      <ul className="row__items" ref={list} onKeyDown={onKeyDown} data-scroll-restoration-id={row.rowId}>
        {row.items.map((item) => (
          <Card
            key={item.title.titleId}
            item={item}
            placement={{ decisionId, rowId: row.rowId, isReported }}
            nameOf={nameOf}
            rowWords={heading}
            rowKind={row.kind}
            {...(ranked ? { rank: rankOf(item.reason) ?? item.position + 1 } : {})}
            isFresh={isFresh(item.title.titleId)}
          />
        ))}
      </ul>
    </section>
  );
}
