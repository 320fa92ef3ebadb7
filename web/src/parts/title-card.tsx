/** A title outside of a decision's rows: in my list, a filmography, what was searched for. */

import type { TitleCard } from "@thewatcher/contracts/api/catalogue";
import type { ReactNode } from "react";
import { Poster } from "../poster/poster.tsx";
import { Link } from "../routing/router.tsx";
import { useServices } from "../services.ts";
import { badgeOf, genresOf } from "../words.ts";

export interface PlainCardProps {
  readonly title: TitleCard;
  /** The name, where some of it is marked. */
  readonly name?: ReactNode;
  /** Under the name; default: the year and a genre. */
  readonly note?: ReactNode;
  readonly onOpen?: () => void;
  readonly children?: ReactNode;
}

export function PlainCard({ title, name = title.name, note, onOpen, children }: PlainCardProps) {
  const { now } = useServices();
  const badge = badgeOf(title, now());
  return (
    <li className="card">
      <Link className="card__link" to="/title/$titleId" params={{ titleId: title.titleId }} onClick={() => onOpen?.()}>
        <span className="card__poster">
          <Poster title={title} />
          {badge !== null && <span className="card__badge">{badge}</span>}
        </span>
        <span className="card__name">{name}</span>
        <span className="card__reason">
          {note ?? [title.year, genresOf(title)[0]].filter((part) => part != null).join(" · ")}
        </span>
      </Link>
      {children}
    </li>
  );
}
