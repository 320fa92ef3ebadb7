/** What the app is told by the contracts and what the gateway's document says are one thing; the compiler compares. */
import { expectTypeOf, test } from "vitest";
import type { EventBatchAnswer } from "../events.ts";
import type { ZoneView } from "../zones.ts";
import type { AccountDetails, Devices, MailSent } from "./account.ts";
import type { RatingsPage, SeasonsView, TitleDetails, TitlesPage, WatchlistPage } from "./catalogue.ts";
import type { ApiOperations, ApiPath } from "./operations.generated.ts";
import type { SearchPage } from "./search.ts";
import type { HomePage, RecommendationList, SimilarTitles } from "./serving.ts";
import type { DemoAccounts, HandedOver, SessionView } from "./session.ts";

type Answer<Operation extends keyof ApiOperations> = ApiOperations[Operation]["answer"];

/** The compiler's word on it: `toExtend` of vitest takes branded ids for `never`. */
const takes =
  <Wide>() =>
  <Narrow extends Wide>(): Narrow | undefined =>
    undefined;

test("an answer of the contract is one of the document", () => {
  takes<Answer<"GET /api/v1/home">>()<HomePage>();
  takes<Answer<"GET /api/v1/profiles/{profileId}/recommendations">>()<RecommendationList>();
  takes<Answer<"GET /api/v1/titles/{titleId}/similar">>()<SimilarTitles>();
  takes<Answer<"GET /api/v1/titles/{titleId}">>()<TitleDetails>();
  takes<Answer<"GET /api/v1/titles/{titleId}/seasons">>()<SeasonsView>();
  takes<Answer<"GET /api/v1/titles">>()<TitlesPage>();
  takes<Answer<"GET /api/v1/search">>()<SearchPage>();
  takes<Answer<"GET /api/v1/profiles/{profileId}/watchlist">>()<WatchlistPage>();
  takes<Answer<"GET /api/v1/profiles/{profileId}/ratings">>()<RatingsPage>();
  takes<Answer<"GET /api/v1/session">>()<SessionView>();
  takes<Answer<"POST /api/v1/session/handover">>()<HandedOver>();
  takes<Answer<"GET /api/v1/demo/accounts">>()<DemoAccounts>();
  takes<Answer<"GET /api/v1/account">>()<AccountDetails>();
  takes<Answer<"GET /api/v1/devices">>()<Devices>();
  takes<Answer<"POST /api/v1/sign-up">>()<MailSent>();
  takes<Answer<"GET /api/v1/zone">>()<ZoneView>();
  takes<Answer<"POST /api/v1/events">>()<EventBatchAnswer>();
});

test("an address that is not of the document is none", () => {
  expectTypeOf<"/api/v1/home">().toExtend<ApiPath>();
  expectTypeOf<"/api/v1/hom">().not.toExtend<ApiPath>();
  expectTypeOf<"/api/v2/titles/t1">().not.toExtend<ApiPath>();
});
