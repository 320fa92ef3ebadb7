/** The signed-in viewer, and what a viewer can state of a title. */

import { useQuery } from "@tanstack/react-query";
import type { TitleCard } from "@thewatcher/contracts/api/catalogue";
import type { SessionView } from "@thewatcher/contracts/api/session";
import type { DecisionId, ProfileId } from "@thewatcher/contracts/ids";
import { createContext, use } from "react";
import { ratingsQuery, watchlistQuery } from "../api/queries.ts";
import type { EventDraft } from "../events/queue.ts";
import { type Stated, useServices } from "../services.ts";
import { useStore } from "../store.ts";
import { strings } from "../strings.ts";

export interface Viewer {
  readonly account: Extract<SessionView, { kind: "signed_in" }>["account"];
  readonly profileId: ProfileId;
}

const ViewerContext = createContext<Viewer | null>(null);
export const ViewerProvider = ViewerContext.Provider;

export function useViewer(): Viewer {
  const viewer = use(ViewerContext);
  if (viewer === null) throw new Error("useViewer outside of the signed-in part");
  return viewer;
}

/** The page that shows a title, for what the viewer does there. */
export interface Origin {
  readonly decisionId: DecisionId;
  readonly position: number;
  readonly rowId: string;
}

/** What is known of one title: the server's lists, and over them what was stated here since. */
export function useStated(titleId: string): Stated {
  const { profileId } = useViewer();
  const { stated } = useServices();
  const here = useStore(stated).get(titleId);
  const watchlist = useQuery(watchlistQuery(profileId));
  const ratings = useQuery(ratingsQuery(profileId));
  return {
    onList: watchlist.data?.items.some((item) => item.title.titleId === titleId) ?? false,
    stars: ratings.data?.items.find((item) => item.title.titleId === titleId)?.stars ?? null,
    ...here,
  };
}

export interface Statements {
  readonly rate: (title: TitleCard, stars: number | null) => void;
  readonly list: (title: TitleCard, onList: boolean) => void;
  readonly watched: (title: TitleCard, watched: boolean) => void;
  readonly notInterested: (title: TitleCard, origin?: Origin) => void;
  readonly interestedAgain: (title: TitleCard) => void;
}

/** Statements leave at once: the next page is to know them. */
export function useStatements(): Statements {
  const { queue, stated, notify } = useServices();

  function say(draft: EventDraft, titleId: string, change: Stated): void {
    const next = new Map(stated.get());
    next.set(titleId, { ...next.get(titleId), ...change });
    stated.set(next);
    queue.add(draft, "urgent");
  }

  const interestedAgain: Statements["interestedAgain"] = ({ titleId }) =>
    say({ type: "not_interested_undo", payload: { titleId } }, titleId, { notInterested: false });

  return {
    rate({ titleId }, stars) {
      if (stars === null) return say({ type: "rate_undo", payload: { titleId } }, titleId, { stars });
      say({ type: "rate", payload: { titleId, stars } }, titleId, { stars });
      notify(strings.title.ratedSaid(stars));
    },
    list({ titleId }, onList) {
      say({ type: onList ? "watchlist" : "watchlist_undo", payload: { titleId } }, titleId, { onList });
    },
    watched({ titleId, name }, watched) {
      say({ type: watched ? "watched" : "watched_undo", payload: { titleId } }, titleId, { watched });
      if (watched) notify(strings.title.watchedSaid(name));
    },
    notInterested(title, origin) {
      const { titleId, name } = title;
      const cause = origin && { decisionId: origin.decisionId, position: origin.position };
      const payload = origin === undefined ? { titleId } : { titleId, rowId: origin.rowId };
      say({ type: "not_interested", payload, ...cause }, titleId, { notInterested: true });
      notify(strings.card.hidden(name), { label: strings.undo, run: () => interestedAgain(title) });
    },
    interestedAgain,
  };
}
