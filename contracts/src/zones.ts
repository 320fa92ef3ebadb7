/** The hosts of the cinema: each zone's country, language, currency and shell, and the region where its accounts' data lies. */
import { z } from "zod";
import { Country } from "./ids.ts";
import { Locale } from "./locales.ts";

export const HomeRegion = z.enum(["ru", "by", "us"]);
export type HomeRegion = z.infer<typeof HomeRegion>;

export interface Zone {
  readonly country: "RU" | "BY" | "US";
  readonly homeRegion: HomeRegion;
  readonly locale: Locale;
  readonly currency: "RUB" | "BYN" | "USD";
  readonly shell: "desktop" | "mobile";
}

const russia = { country: "RU", homeRegion: "ru", locale: "ru", currency: "RUB", shell: "desktop" } as const;
const belarus = { country: "BY", homeRegion: "by", locale: "be", currency: "BYN", shell: "desktop" } as const;
const america = { country: "US", homeRegion: "us", locale: "en", currency: "USD", shell: "desktop" } as const;

export const ZONES: Readonly<Record<string, Zone>> = {
  "thewatcher.ru": russia,
  "m.thewatcher.ru": { ...russia, shell: "mobile" },
  "thewatcher.by": belarus,
  "thewatcher.us": america,
};

/** Of a name that is not of the table and is ours all the same: a pilot's `cinema.example.by`, a developer's machine. */
export const DEFAULT_ZONE: Zone = america;

/** Of a host as a browser sends it, with or without a port; undefined: not one of ours. */
export function zoneOf(host: string): Zone | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, "");
  return Object.hasOwn(ZONES, name) ? ZONES[name] : undefined;
}

/** What a name says by itself: its country by its end, a phone's shell by `m.` before it. */
export function zoneByName(name: string): Zone {
  const zone = name.endsWith(".ru") ? russia : name.endsWith(".by") ? belarus : DEFAULT_ZONE;
  return name.startsWith("m.") ? { ...zone, shell: "mobile" } : zone;
}

/** `GET /api/v1/zone`: what the host that was asked means. */
export const ZoneView = z.object({
  host: z.string(),
  country: Country,
  homeRegion: HomeRegion,
  /** What somebody who has not chosen a language reads. */
  locale: Locale,
  /** The default: an account pays in its own. */
  currency: z.enum(["RUB", "BYN", "USD"]),
  shell: z.enum(["desktop", "mobile"]),
});
export type ZoneView = z.infer<typeof ZoneView>;
