/** "Hide from continue watching": out of the row, with a way back. How far the title was watched stays known. */
import type { TitleCard } from "@thewatcher/contracts/api/catalogue";
import { more } from "../api/more.ts";
import { locale } from "../locale.ts";
import type { Services } from "../services.ts";
import { strings } from "../strings.ts";
import { loadPageStrings, pageStrings } from "../strings-of-pages.ts";

export async function putAway(services: Services, profileId: string, title: TitleCard, isAway = true): Promise<void> {
  const { stated, notify } = services;
  const mark = (putAway: boolean) => {
    const next = new Map(stated.get());
    next.set(title.titleId, { ...next.get(title.titleId), putAway });
    stated.set(next);
  };
  mark(isAway);
  try {
    await Promise.all([more.putAway(profileId, title.titleId, isAway), loadPageStrings(locale())]);
  } catch {
    mark(!isAway);
    return notify(strings.title.refused);
  }
  if (!isAway) return;
  notify(pageStrings.continueRow.hidden(title.name), {
    label: strings.undo,
    run: () => void putAway(services, profileId, title, false),
  });
}
