/** Requests of the pages that are loaded when they are gone to: accounts, search, people, seasons, wishes. */
import type {
  AccountDetails,
  ChangeProfile,
  CreateProfile,
  Devices,
  MailSent,
} from "@thewatcher/contracts/api/account";
import type {
  CollectionsView,
  CollectionView,
  PersonView,
  SeasonsView,
  Wish,
  WishesView,
} from "@thewatcher/contracts/api/catalogue";
import type { SearchPage } from "@thewatcher/contracts/api/search";
import type { HomePage } from "@thewatcher/contracts/api/serving";
import type { HandedOver, SessionView } from "@thewatcher/contracts/api/session";
import type { TasteEdits, TasteView } from "@thewatcher/contracts/api/taste";
import type { Locale } from "@thewatcher/contracts/locales";
import { request, segment, withBody } from "./client.ts";

export interface SearchFilters {
  readonly genre?: string;
  readonly kind?: string;
  readonly decade?: string;
  readonly country?: string;
}
export const FACETS = ["genre", "kind", "decade", "country"] as const satisfies readonly (keyof SearchFilters)[];
const SEARCH_MS_MAX = 10_000;

const profile = (profileId: string) => `/api/v1/profiles/${segment(profileId)}` as const;

export const more = {
  signIn: (email: string, password: string) =>
    request<SessionView>("/api/v1/session", withBody("POST", { email, password })),
  signUp: (email: string, password: string, language: Locale) =>
    request<MailSent>("/api/v1/sign-up", withBody("POST", { email, password, language })),
  resendSignUp: (email: string) => request<MailSent>("/api/v1/sign-up/resend", withBody("POST", { email })),
  verifySignUp: (token: string, password: string) =>
    request<SessionView>("/api/v1/sign-up/verify", withBody("POST", { token, password })),
  askForReset: (email: string) => request<MailSent>("/api/v1/password/reset", withBody("POST", { email })),
  resetPassword: (token: string, password: string) =>
    request<unknown>("/api/v1/password/reset/confirm", withBody("POST", { token, password })),
  changeEmail: (email: string, password: string) =>
    request<MailSent>("/api/v1/account/email", withBody("POST", { email, password })),
  handOver: (host: string) => request<HandedOver>("/api/v1/session/handover", withBody("POST", { host })),
  confirmEmail: (token: string) => request<unknown>("/api/v1/account/email/confirm", withBody("POST", { token })),

  getAccount: () => request<AccountDetails>("/api/v1/account"),
  changeLanguage: (language: Locale) => request<unknown>("/api/v1/account", withBody("PUT", { language })),
  changePassword: (currentPassword: string, password: string) =>
    request<unknown>("/api/v1/account/password", withBody("PUT", { currentPassword, password })),
  listDevices: () => request<Devices>("/api/v1/devices"),
  signOutDevice: (deviceId: string) => request<unknown>(`/api/v1/devices/${segment(deviceId)}`, { method: "DELETE" }),
  signOutEverywhere: () => request<unknown>("/api/v1/devices", { method: "DELETE" }),

  createProfile: (given: CreateProfile) => request<SessionView>("/api/v1/profiles", withBody("POST", given)),
  changeProfile: (profileId: string, given: ChangeProfile) =>
    request<SessionView>(profile(profileId), withBody("PUT", given)),
  changePin: (profileId: string, pin: string | null, password: string) =>
    request<SessionView>(`${profile(profileId)}/pin`, withBody("PUT", { pin, password })),
  eraseProfile: (profileId: string, password: string) =>
    request<SessionView>(`${profile(profileId)}/erase`, withBody("POST", { password })),

  getSeasons: (titleId: string) => request<SeasonsView>(`/api/v1/titles/${segment(titleId)}/seasons`),
  listCollections: () => request<CollectionsView>("/api/v1/collections"),
  getCollection: (collectionId: string) => request<CollectionView>(`/api/v1/collections/${segment(collectionId)}`),
  getPerson: (personId: string) => request<PersonView>(`/api/v1/people/${segment(personId)}`),
  /** A letter typed meanwhile cancels it: `signal`. */
  search: (query: string, filters: SearchFilters, limit: number, signal: AbortSignal) => {
    const asked = new URLSearchParams({ q: query, limit: String(limit), ...filters });
    return request<SearchPage>(`/api/v1/search?${asked}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(SEARCH_MS_MAX)]),
    });
  },
  getWishes: (profileId: string) => request<WishesView>(`${profile(profileId)}/wishes`),
  dropWish: (profileId: string, wish: Wish) =>
    request<void>(`${profile(profileId)}/wishes?${new URLSearchParams(wish)}`, { method: "DELETE" }),
  wishFor: (profileId: string, wish: Wish) => request<void>(`${profile(profileId)}/wishes`, withBody("PUT", wish)),
  getTaste: (profileId: string) => request<TasteView>(`${profile(profileId)}/taste`),
  putTaste: (profileId: string, edits: TasteEdits["edits"]) =>
    request<void>(`${profile(profileId)}/taste`, withBody("PUT", { edits })),
  /** The page with these corrections, none of them saved. */
  previewTaste: (edits: TasteEdits["edits"], signal: AbortSignal) => {
    const taste = edits.map(({ facet, value }) => `${facet}:${value}`).join(",");
    return request<HomePage>(`/api/v1/home?${new URLSearchParams({ taste })}`, { signal });
  },
  forget: (profileId: string, titleId: string, isForgotten: boolean) =>
    request<void>(`${profile(profileId)}/history/${segment(titleId)}/forgotten`, {
      method: isForgotten ? "PUT" : "DELETE",
    }),
  putProfiling: (profileId: string, on: boolean) =>
    request<void>(`${profile(profileId)}/profiling`, withBody("PUT", { on })),
  putAway: (profileId: string, titleId: string, isAway: boolean) =>
    request<void>(`${profile(profileId)}/continue-watching/${segment(titleId)}/hidden`, {
      method: isAway ? "PUT" : "DELETE",
    }),
};
