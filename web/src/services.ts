/**
 * What components share beside the query cache: the event queue, what this device has just stated, notices, sightings.
 * Made once in `main.tsx`, which alone touches the browser's clock, timers and chance.
 */
import type { ClientEvent } from "@thewatcher/contracts/events";
import { createContext, use } from "react";
import { sendEvents } from "./api/client.ts";
import { createDwellTracker, type Schedule } from "./events/dwell.ts";
import { createEventQueue, type EventQueue } from "./events/queue.ts";
import { type FillRandom, uuid7 } from "./events/uuid7.ts";
import { createSightings, type Sightings } from "./parts/sightings.ts";
import { createStore, type Store } from "./store.ts";
import { strings } from "./strings.ts";

/** What the viewer stated of one title since the page was opened; absent where nothing was. */
export interface Stated {
  readonly stars?: number | null;
  readonly onList?: boolean;
  readonly watched?: boolean;
  readonly notInterested?: boolean;
  /** Hidden from "continue watching". */
  readonly putAway?: boolean;
}
export type StatedByTitle = ReadonlyMap<string, Stated>;

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

export interface Services {
  readonly queue: EventQueue;
  readonly sightings: Sightings;
  readonly stated: Store<StatedByTitle>;
  readonly notice: Store<Notice | null>;
  readonly notify: (text: string, action?: Notice["action"]) => void;
  readonly schedule: Schedule;
  readonly now: () => number;
}

/** Long enough to read two lines and reach the button. */
const NOTICE_MS = 6_000;

export interface Browser {
  readonly now: () => number;
  readonly schedule: Schedule;
  readonly fillRandom: FillRandom;
}

export function createServices(
  { now, schedule, fillRandom }: Browser,
  on: { readonly signedOut: () => void },
): Services {
  const notice = createStore<Notice | null>(null);
  const stated = createStore<StatedByTitle>(new Map());
  let noticeId = 0;

  function notify(text: string, action?: Notice["action"]): void {
    const id = ++noticeId;
    notice.set(action === undefined ? { id, text } : { id, text, action });
    schedule(() => {
      if (notice.get()?.id === id) notice.set(null);
    }, NOTICE_MS);
  }

  /** Takes back on the screen what the server would not take. */
  function onRefused(event: ClientEvent): void {
    if (event.type === "impression" || event.type === "click" || !("titleId" in event.payload)) return;
    const next = new Map(stated.get());
    next.delete(event.payload.titleId);
    stated.set(next);
    notify(strings.title.refused);
  }

  const queue = createEventQueue({
    send: sendEvents,
    now,
    schedule,
    newId: (nowMs) => uuid7(nowMs, fillRandom),
    onRefused,
    onRejected: (status) => {
      if (status === 401) on.signedOut();
    },
  });
  return { queue, sightings: createSightings(createDwellTracker(schedule)), stated, notice, notify, schedule, now };
}

const ServicesContext = createContext<Services | null>(null);
export const ServicesProvider = ServicesContext.Provider;

export function useServices(): Services {
  const services = use(ServicesContext);
  if (services === null) throw new Error("useServices outside of ServicesProvider");
  return services;
}
