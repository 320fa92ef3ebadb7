/**
 * The public API's operations, printed from its OpenAPI document by `npx tsx --conditions=@thewatcher/source
 * scripts/generate-api-types.ts`. Not to be edited by hand: a test compares.
 */

interface Schemas {
  readonly Problem: { readonly type: string; readonly title: string; readonly status: number; readonly detail?: string | undefined; readonly instance?: string | undefined; readonly errors?: readonly ({ readonly path: string; readonly message: string; })[] | undefined; };
}

export interface ApiOperations {
  readonly "POST /api/v1/events": {
    readonly query: Record<never, never>;
    readonly body: { readonly events: readonly (({ readonly type: "impression"; readonly payload: { readonly titleId: string; readonly rowId?: string | undefined; readonly propensity?: number | undefined; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "click"; readonly payload: { readonly titleId: string; readonly rowId?: string | undefined; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "play_start"; readonly payload: { readonly titleId: string; readonly playbackId: string; readonly partId?: string | undefined; readonly fromSeconds?: number | undefined; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "play_progress"; readonly payload: { readonly titleId: string; readonly playbackId: string; readonly partId?: string | undefined; readonly positionSeconds: number; readonly watchedSeconds: number; readonly durationSeconds?: number | undefined; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "play_stop"; readonly payload: { readonly titleId: string; readonly playbackId: string; readonly partId?: string | undefined; readonly positionSeconds: number; readonly watchedSeconds: number; readonly durationSeconds?: number | undefined; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "rate"; readonly payload: { readonly titleId: string; readonly stars: number; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "rate_undo"; readonly payload: { readonly titleId: string; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "watchlist"; readonly payload: { readonly titleId: string; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "watchlist_undo"; readonly payload: { readonly titleId: string; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "not_interested"; readonly payload: { readonly titleId: string; readonly rowId?: string | undefined; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "not_interested_undo"; readonly payload: { readonly titleId: string; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "watched"; readonly payload: { readonly titleId: string; readonly strength?: number | undefined; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "watched_undo"; readonly payload: { readonly titleId: string; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "continue_hidden"; readonly payload: { readonly titleId: string; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "continue_hidden_undo"; readonly payload: { readonly titleId: string; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "taste_edit"; readonly payload: { readonly edits: readonly ({ readonly facet: string; readonly value: number; })[]; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "forget"; readonly payload: { readonly titleId: string; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "forget_undo"; readonly payload: { readonly titleId: string; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "no_profiling"; readonly payload: Record<never, never>; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "no_profiling_undo"; readonly payload: Record<never, never>; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "search"; readonly payload: { readonly query: string; readonly resultCount?: number | undefined; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "exposure"; readonly payload: { readonly experimentId: string; readonly variant: string; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "quality"; readonly payload: { readonly playbackId: string; readonly metric: "startup_ms" | "rebuffer_ms" | "bitrate_bps" | "error"; readonly value: number; readonly code?: string | undefined; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }) | ({ readonly type: "erasure"; readonly payload: { readonly reason: "viewer_request" | "account_closed" | "operator"; }; readonly eventId: string; readonly occurredAt: string; readonly sentAt: string; readonly decisionId?: string | undefined; readonly position?: number | undefined; }))[]; };
    readonly answer: { readonly accepted: number; readonly refused: number; readonly verdicts: readonly (({ readonly kind: "accepted"; readonly eventId: string; }) | ({ readonly kind: "refused"; readonly index: number; readonly eventId?: string | undefined; readonly cause: "not_an_object" | "unknown_type" | "invalid" | "server_only" | "occurred_in_future" | "too_old" | "unknown_title" | "unknown_profile"; readonly detail: string; }))[]; };
  };
  readonly "GET /api/v1/home": {
    readonly query: { readonly exclude?: string; readonly minutes?: number; readonly with?: string; readonly taste?: string; readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly decisionId: string; readonly profileId: string; readonly generation: (string) | (null); readonly composedAt: string; readonly degradations: readonly ({ readonly part: "profile" | "personal_list" | "profile_state" | "item_tables" | "catalogue" | "popularity" | "ranker" | "title_features" | "rules" | "editorial" | "page"; readonly cause: "missing" | "unavailable" | "timed_out" | "stale"; readonly detail: string; })[]; readonly seedNames: { readonly [key: string]: string }; readonly profiling?: false | undefined; readonly rows: readonly ({ readonly rowId: string; readonly kind: "continue_watching" | "because_you_watched" | "top_picks" | "top_in_country" | "new" | "genre" | "trending" | "segment" | "editorial" | "for_two"; readonly heading: string; readonly reason: ({ readonly kind: "because_you_watched"; readonly seedTitleId: string; readonly seedName: string; readonly contribution: number; }) | ({ readonly kind: "similar_to_history"; readonly seeds: readonly ({ readonly titleId: string; readonly contribution: number; })[]; }) | ({ readonly kind: "similar_to_title"; readonly titleId: string; readonly similarity: number; }) | ({ readonly kind: "popular_in_country"; readonly country: string; readonly rank: number; }) | ({ readonly kind: "popular"; readonly rank: number; }) | ({ readonly kind: "new"; readonly year: (number) | (null); readonly addedAt: string; }) | ({ readonly kind: "continue_watching"; readonly positionSeconds: number; readonly durationSeconds: (number) | (null); }) | ({ readonly kind: "genre"; readonly genre: string; }) | ({ readonly kind: "trending_in_country"; readonly country: string; readonly rank: number; readonly growth: number; }) | ({ readonly kind: "popular_in_segment"; readonly segment: number; readonly rank: number; }) | ({ readonly kind: "editorial"; readonly collectionId: string; readonly collectionName: string; }) | ({ readonly kind: "exploration"; readonly propensity: number; }) | ({ readonly kind: "next_episode"; readonly partId: string; readonly season: number; readonly episode: number; }) | ({ readonly kind: "pinned"; readonly ruleId: string; }) | ({ readonly kind: "for_both"; readonly scores: readonly (unknown)[]; }) | ({ readonly kind: "personal_ranking"; readonly titleCount: number; }) | ({ readonly kind: "unfinished"; readonly titleCount: number; }) | (null); readonly items: readonly ({ readonly title: { readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; }; readonly position: number; readonly score: number; readonly source: "personal_list" | "recent_activity" | "item_to_item" | "popular_in_country" | "popular" | "new" | "continue_watching" | "genre" | "taste_vector" | "trending_in_country" | "popular_in_segment" | "editorial" | "exploration" | "next_episode"; readonly reason: ({ readonly kind: "because_you_watched"; readonly seedTitleId: string; readonly seedName: string; readonly contribution: number; }) | ({ readonly kind: "similar_to_history"; readonly seeds: readonly ({ readonly titleId: string; readonly contribution: number; })[]; }) | ({ readonly kind: "similar_to_title"; readonly titleId: string; readonly similarity: number; }) | ({ readonly kind: "popular_in_country"; readonly country: string; readonly rank: number; }) | ({ readonly kind: "popular"; readonly rank: number; }) | ({ readonly kind: "new"; readonly year: (number) | (null); readonly addedAt: string; }) | ({ readonly kind: "continue_watching"; readonly positionSeconds: number; readonly durationSeconds: (number) | (null); }) | ({ readonly kind: "genre"; readonly genre: string; }) | ({ readonly kind: "trending_in_country"; readonly country: string; readonly rank: number; readonly growth: number; }) | ({ readonly kind: "popular_in_segment"; readonly segment: number; readonly rank: number; }) | ({ readonly kind: "editorial"; readonly collectionId: string; readonly collectionName: string; }) | ({ readonly kind: "exploration"; readonly propensity: number; }) | ({ readonly kind: "next_episode"; readonly partId: string; readonly season: number; readonly episode: number; }) | ({ readonly kind: "pinned"; readonly ruleId: string; }) | ({ readonly kind: "for_both"; readonly scores: readonly (unknown)[]; }) | ({ readonly kind: "personal_ranking"; readonly titleCount: number; }) | ({ readonly kind: "unfinished"; readonly titleCount: number; }); readonly propensity?: number | undefined; })[]; })[]; };
  };
  readonly "GET /api/v1/profiles/{profileId}/home": {
    readonly query: { readonly exclude?: string; readonly minutes?: number; readonly with?: string; readonly taste?: string; readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly decisionId: string; readonly profileId: string; readonly generation: (string) | (null); readonly composedAt: string; readonly degradations: readonly ({ readonly part: "profile" | "personal_list" | "profile_state" | "item_tables" | "catalogue" | "popularity" | "ranker" | "title_features" | "rules" | "editorial" | "page"; readonly cause: "missing" | "unavailable" | "timed_out" | "stale"; readonly detail: string; })[]; readonly seedNames: { readonly [key: string]: string }; readonly profiling?: false | undefined; readonly rows: readonly ({ readonly rowId: string; readonly kind: "continue_watching" | "because_you_watched" | "top_picks" | "top_in_country" | "new" | "genre" | "trending" | "segment" | "editorial" | "for_two"; readonly heading: string; readonly reason: ({ readonly kind: "because_you_watched"; readonly seedTitleId: string; readonly seedName: string; readonly contribution: number; }) | ({ readonly kind: "similar_to_history"; readonly seeds: readonly ({ readonly titleId: string; readonly contribution: number; })[]; }) | ({ readonly kind: "similar_to_title"; readonly titleId: string; readonly similarity: number; }) | ({ readonly kind: "popular_in_country"; readonly country: string; readonly rank: number; }) | ({ readonly kind: "popular"; readonly rank: number; }) | ({ readonly kind: "new"; readonly year: (number) | (null); readonly addedAt: string; }) | ({ readonly kind: "continue_watching"; readonly positionSeconds: number; readonly durationSeconds: (number) | (null); }) | ({ readonly kind: "genre"; readonly genre: string; }) | ({ readonly kind: "trending_in_country"; readonly country: string; readonly rank: number; readonly growth: number; }) | ({ readonly kind: "popular_in_segment"; readonly segment: number; readonly rank: number; }) | ({ readonly kind: "editorial"; readonly collectionId: string; readonly collectionName: string; }) | ({ readonly kind: "exploration"; readonly propensity: number; }) | ({ readonly kind: "next_episode"; readonly partId: string; readonly season: number; readonly episode: number; }) | ({ readonly kind: "pinned"; readonly ruleId: string; }) | ({ readonly kind: "for_both"; readonly scores: readonly (unknown)[]; }) | ({ readonly kind: "personal_ranking"; readonly titleCount: number; }) | ({ readonly kind: "unfinished"; readonly titleCount: number; }) | (null); readonly items: readonly ({ readonly title: { readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; }; readonly position: number; readonly score: number; readonly source: "personal_list" | "recent_activity" | "item_to_item" | "popular_in_country" | "popular" | "new" | "continue_watching" | "genre" | "taste_vector" | "trending_in_country" | "popular_in_segment" | "editorial" | "exploration" | "next_episode"; readonly reason: ({ readonly kind: "because_you_watched"; readonly seedTitleId: string; readonly seedName: string; readonly contribution: number; }) | ({ readonly kind: "similar_to_history"; readonly seeds: readonly ({ readonly titleId: string; readonly contribution: number; })[]; }) | ({ readonly kind: "similar_to_title"; readonly titleId: string; readonly similarity: number; }) | ({ readonly kind: "popular_in_country"; readonly country: string; readonly rank: number; }) | ({ readonly kind: "popular"; readonly rank: number; }) | ({ readonly kind: "new"; readonly year: (number) | (null); readonly addedAt: string; }) | ({ readonly kind: "continue_watching"; readonly positionSeconds: number; readonly durationSeconds: (number) | (null); }) | ({ readonly kind: "genre"; readonly genre: string; }) | ({ readonly kind: "trending_in_country"; readonly country: string; readonly rank: number; readonly growth: number; }) | ({ readonly kind: "popular_in_segment"; readonly segment: number; readonly rank: number; }) | ({ readonly kind: "editorial"; readonly collectionId: string; readonly collectionName: string; }) | ({ readonly kind: "exploration"; readonly propensity: number; }) | ({ readonly kind: "next_episode"; readonly partId: string; readonly season: number; readonly episode: number; }) | ({ readonly kind: "pinned"; readonly ruleId: string; }) | ({ readonly kind: "for_both"; readonly scores: readonly (unknown)[]; }) | ({ readonly kind: "personal_ranking"; readonly titleCount: number; }) | ({ readonly kind: "unfinished"; readonly titleCount: number; }); readonly propensity?: number | undefined; })[]; })[]; };
  };
  readonly "GET /api/v1/profiles/{profileId}/recommendations": {
    readonly query: { readonly n?: number; readonly exclude?: string; readonly minutes?: number; readonly with?: string; readonly taste?: string; readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly decisionId: string; readonly profileId: string; readonly generation: (string) | (null); readonly composedAt: string; readonly degradations: readonly ({ readonly part: "profile" | "personal_list" | "profile_state" | "item_tables" | "catalogue" | "popularity" | "ranker" | "title_features" | "rules" | "editorial" | "page"; readonly cause: "missing" | "unavailable" | "timed_out" | "stale"; readonly detail: string; })[]; readonly seedNames: { readonly [key: string]: string }; readonly items: readonly ({ readonly title: { readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; }; readonly position: number; readonly score: number; readonly source: "personal_list" | "recent_activity" | "item_to_item" | "popular_in_country" | "popular" | "new" | "continue_watching" | "genre" | "taste_vector" | "trending_in_country" | "popular_in_segment" | "editorial" | "exploration" | "next_episode"; readonly reason: ({ readonly kind: "because_you_watched"; readonly seedTitleId: string; readonly seedName: string; readonly contribution: number; }) | ({ readonly kind: "similar_to_history"; readonly seeds: readonly ({ readonly titleId: string; readonly contribution: number; })[]; }) | ({ readonly kind: "similar_to_title"; readonly titleId: string; readonly similarity: number; }) | ({ readonly kind: "popular_in_country"; readonly country: string; readonly rank: number; }) | ({ readonly kind: "popular"; readonly rank: number; }) | ({ readonly kind: "new"; readonly year: (number) | (null); readonly addedAt: string; }) | ({ readonly kind: "continue_watching"; readonly positionSeconds: number; readonly durationSeconds: (number) | (null); }) | ({ readonly kind: "genre"; readonly genre: string; }) | ({ readonly kind: "trending_in_country"; readonly country: string; readonly rank: number; readonly growth: number; }) | ({ readonly kind: "popular_in_segment"; readonly segment: number; readonly rank: number; }) | ({ readonly kind: "editorial"; readonly collectionId: string; readonly collectionName: string; }) | ({ readonly kind: "exploration"; readonly propensity: number; }) | ({ readonly kind: "next_episode"; readonly partId: string; readonly season: number; readonly episode: number; }) | ({ readonly kind: "pinned"; readonly ruleId: string; }) | ({ readonly kind: "for_both"; readonly scores: readonly (unknown)[]; }) | ({ readonly kind: "personal_ranking"; readonly titleCount: number; }) | ({ readonly kind: "unfinished"; readonly titleCount: number; }); readonly propensity?: number | undefined; })[]; };
  };
  readonly "GET /api/v1/profiles/{profileId}/candidates": {
    readonly query: { readonly source?: "personal_list" | "item_to_item" | "taste_vector" | "new" | "trending_in_country" | "popular_in_country" | "popular_in_segment" | "editorial" | "genre" | "continue_watching" | "next_episode" | "exploration"; readonly n?: number; readonly stages?: "true" | "false"; readonly exclude?: string; readonly minutes?: number; readonly with?: string; readonly taste?: string; readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly profileId: string; readonly generation: (string) | (null); readonly composedAt: string; readonly degradations: readonly ({ readonly part: "profile" | "personal_list" | "profile_state" | "item_tables" | "catalogue" | "popularity" | "ranker" | "title_features" | "rules" | "editorial" | "page"; readonly cause: "missing" | "unavailable" | "timed_out" | "stale"; readonly detail: string; })[]; readonly sources: readonly ({ readonly source: string; readonly isOn: boolean; readonly ms: number; readonly count: number; readonly candidates: readonly ({ readonly title: { readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; }; readonly rank: number; readonly score: number; readonly reason: ({ readonly kind: "because_you_watched"; readonly seedTitleId: string; readonly seedName: string; readonly contribution: number; }) | ({ readonly kind: "similar_to_history"; readonly seeds: readonly ({ readonly titleId: string; readonly contribution: number; })[]; }) | ({ readonly kind: "similar_to_title"; readonly titleId: string; readonly similarity: number; }) | ({ readonly kind: "popular_in_country"; readonly country: string; readonly rank: number; }) | ({ readonly kind: "popular"; readonly rank: number; }) | ({ readonly kind: "new"; readonly year: (number) | (null); readonly addedAt: string; }) | ({ readonly kind: "continue_watching"; readonly positionSeconds: number; readonly durationSeconds: (number) | (null); }) | ({ readonly kind: "genre"; readonly genre: string; }) | ({ readonly kind: "trending_in_country"; readonly country: string; readonly rank: number; readonly growth: number; }) | ({ readonly kind: "popular_in_segment"; readonly segment: number; readonly rank: number; }) | ({ readonly kind: "editorial"; readonly collectionId: string; readonly collectionName: string; }) | ({ readonly kind: "exploration"; readonly propensity: number; }) | ({ readonly kind: "next_episode"; readonly partId: string; readonly season: number; readonly episode: number; }) | ({ readonly kind: "pinned"; readonly ruleId: string; }) | ({ readonly kind: "for_both"; readonly scores: readonly (unknown)[]; }) | ({ readonly kind: "personal_ranking"; readonly titleCount: number; }) | ({ readonly kind: "unfinished"; readonly titleCount: number; }) | (null); })[]; })[]; readonly stages?: readonly ({ readonly stage: "read" | "prepare" | "retrieve" | "rank" | "rows"; readonly ms: number; readonly countIn: number; readonly countOut: number; readonly notes: readonly ({ readonly note: string; readonly count: number; })[]; })[] | undefined; };
  };
  readonly "GET /api/v1/profiles/{profileId}/why-not/{titleId}": {
    readonly query: { readonly exclude?: string; readonly minutes?: number; readonly with?: string; readonly taste?: string; readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly profileId: string; readonly titleId: string; readonly generation: (string) | (null); readonly composedAt: string; readonly verdict: ({ readonly kind: "shown"; readonly rowId: string; readonly heading: string; readonly rowPlace: number; readonly position: number; }) | ({ readonly kind: "removed"; readonly cause: string; readonly detail?: string | undefined; }) | ({ readonly kind: "no_source"; }) | ({ readonly kind: "put_back"; readonly rowId: string; readonly rank: (number) | (null); }) | ({ readonly kind: "below_cut"; readonly rank: (number) | (null); readonly of: number; }); readonly candidates: number; readonly sources: readonly ({ readonly source: string; readonly score: number; })[]; readonly rows: readonly ({ readonly rowId: string; readonly heading: string; readonly rank: (number) | (null); readonly of: number; readonly entriesMax: number; readonly outcome: "shown" | "in_another_row" | "put_back" | "below_cut" | "not_drawn" | "row_too_short"; })[]; };
  };
  readonly "GET /api/v1/titles/{titleId}/similar": {
    readonly query: { readonly n?: number; readonly exclude?: string; readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly decisionId: string; readonly titleId: string; readonly generation: (string) | (null); readonly items: readonly ({ readonly title: { readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; }; readonly position: number; readonly score: number; readonly source: "personal_list" | "recent_activity" | "item_to_item" | "popular_in_country" | "popular" | "new" | "continue_watching" | "genre" | "taste_vector" | "trending_in_country" | "popular_in_segment" | "editorial" | "exploration" | "next_episode"; readonly reason: ({ readonly kind: "because_you_watched"; readonly seedTitleId: string; readonly seedName: string; readonly contribution: number; }) | ({ readonly kind: "similar_to_history"; readonly seeds: readonly ({ readonly titleId: string; readonly contribution: number; })[]; }) | ({ readonly kind: "similar_to_title"; readonly titleId: string; readonly similarity: number; }) | ({ readonly kind: "popular_in_country"; readonly country: string; readonly rank: number; }) | ({ readonly kind: "popular"; readonly rank: number; }) | ({ readonly kind: "new"; readonly year: (number) | (null); readonly addedAt: string; }) | ({ readonly kind: "continue_watching"; readonly positionSeconds: number; readonly durationSeconds: (number) | (null); }) | ({ readonly kind: "genre"; readonly genre: string; }) | ({ readonly kind: "trending_in_country"; readonly country: string; readonly rank: number; readonly growth: number; }) | ({ readonly kind: "popular_in_segment"; readonly segment: number; readonly rank: number; }) | ({ readonly kind: "editorial"; readonly collectionId: string; readonly collectionName: string; }) | ({ readonly kind: "exploration"; readonly propensity: number; }) | ({ readonly kind: "next_episode"; readonly partId: string; readonly season: number; readonly episode: number; }) | ({ readonly kind: "pinned"; readonly ruleId: string; }) | ({ readonly kind: "for_both"; readonly scores: readonly (unknown)[]; }) | ({ readonly kind: "personal_ranking"; readonly titleCount: number; }) | ({ readonly kind: "unfinished"; readonly titleCount: number; }); readonly propensity?: number | undefined; })[]; };
  };
  readonly "GET /api/v1/titles/{titleId}": {
    readonly query: { readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; readonly directors: readonly (string)[]; readonly plot: (string) | (null); readonly score: (number) | (null); readonly scoreVotes: (number) | (null); readonly source: string; readonly addedAt: string; readonly countries?: readonly (string)[] | undefined; readonly referenceRuntimeMinutes?: number | undefined; readonly people?: readonly ({ readonly personId: string; readonly name: string; readonly role: "director" | "cast"; })[] | undefined; readonly seasonCount?: number | undefined; };
  };
  readonly "GET /api/v1/titles": {
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly titles: readonly ({ readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; readonly directors: readonly (string)[]; readonly plot: (string) | (null); readonly score: (number) | (null); readonly scoreVotes: (number) | (null); readonly source: string; readonly addedAt: string; readonly countries?: readonly (string)[] | undefined; readonly referenceRuntimeMinutes?: number | undefined; readonly people?: readonly ({ readonly personId: string; readonly name: string; readonly role: "director" | "cast"; })[] | undefined; readonly seasonCount?: number | undefined; })[]; readonly nextCursor: (string) | (null); };
  };
  readonly "GET /api/v1/search": {
    readonly query: { readonly q?: string; readonly limit?: number; readonly genre?: string; readonly kind?: "film" | "series"; readonly decade?: string; readonly country?: string; readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly query: string; readonly hits: readonly ({ readonly title: { readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; }; readonly highlights: readonly ({ readonly from: number; readonly to: number; })[]; })[]; readonly total: number; readonly absent: boolean; readonly nearest: readonly ({ readonly title: { readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; }; readonly highlights: readonly ({ readonly from: number; readonly to: number; })[]; })[]; readonly reading: ({ readonly kind: "typed" | "layout" | "sound" | "typos"; readonly text: string; }) | (null); readonly facets: { readonly genre: readonly ({ readonly value: string; readonly name: string; readonly count: number; })[]; readonly kind: readonly ({ readonly value: string; readonly name: string; readonly count: number; })[]; readonly decade: readonly ({ readonly value: string; readonly name: string; readonly count: number; })[]; readonly country: readonly ({ readonly value: string; readonly name: string; readonly count: number; })[]; }; };
  };
  readonly "GET /api/v1/profiles/{profileId}/watchlist": {
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly profileId: string; readonly items: readonly ({ readonly title: { readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; }; readonly addedAt: string; })[]; readonly nextCursor: (string) | (null); readonly unavailableCount?: number | undefined; };
  };
  readonly "GET /api/v1/profiles/{profileId}/ratings": {
    readonly query: { readonly limit?: number; readonly cursor?: string; readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly profileId: string; readonly items: readonly ({ readonly title: { readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; }; readonly stars: number; readonly ratedAt: string; })[]; readonly nextCursor: (string) | (null); readonly unavailableCount?: number | undefined; };
  };
  readonly "GET /api/v1/titles/{titleId}/seasons": {
    readonly query: { readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly titleId: string; readonly seasons: readonly ({ readonly number: number; readonly year: (number) | (null); readonly episodes: readonly ({ readonly partId: string; readonly number: number; readonly name: (string) | (null); readonly plot: (string) | (null); readonly runtimeMinutes: (number) | (null); })[]; })[]; };
  };
  readonly "GET /api/v1/people/{personId}": {
    readonly query: { readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly personId: string; readonly name: string; readonly originalName?: string | undefined; readonly titles: readonly ({ readonly title: { readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; }; readonly roles: readonly ("director" | "cast")[]; })[]; };
  };
  readonly "GET /api/v1/genres": {
    readonly query: { readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly genres: readonly ({ readonly genre: string; readonly name: string; })[]; };
  };
  readonly "GET /api/v1/collections": {
    readonly query: { readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly collections: readonly ({ readonly collectionId: string; readonly name: string; readonly titleCount: number; readonly titles: readonly ({ readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; })[]; })[]; };
  };
  readonly "GET /api/v1/collections/{collectionId}": {
    readonly query: { readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly collectionId: string; readonly name: string; readonly titles: readonly ({ readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; })[]; };
  };
  readonly "GET /api/v1/profiles/{profileId}/leaving": {
    readonly query: { readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly profileId: string; readonly withinDays: number; readonly items: readonly ({ readonly title: { readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; }; readonly leavesAt: string; })[]; };
  };
  readonly "PUT /api/v1/profiles/{profileId}/continue-watching/{titleId}/hidden": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "DELETE /api/v1/profiles/{profileId}/continue-watching/{titleId}/hidden": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "GET /api/v1/profiles/{profileId}/taste": {
    readonly query: { readonly taste?: string; readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly profileId: string; readonly composedAt: string; readonly profiling: boolean; readonly titleCount: number; readonly facets: readonly ({ readonly facet: string; readonly kind: "genre" | "decade" | "country" | "person"; readonly name: string; readonly share: number; readonly crowdShare: number; readonly titleCount: number; readonly value: number; readonly evidence: readonly ({ readonly titleId: string; readonly name: string; })[]; })[]; readonly titles: readonly ({ readonly titleId: string; readonly name: string; readonly forgotten: boolean; })[]; readonly degradations: readonly ({ readonly part: "profile" | "personal_list" | "profile_state" | "item_tables" | "catalogue" | "popularity" | "ranker" | "title_features" | "rules" | "editorial" | "page"; readonly cause: "missing" | "unavailable" | "timed_out" | "stale"; readonly detail: string; })[]; };
  };
  readonly "PUT /api/v1/profiles/{profileId}/taste": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "PUT /api/v1/profiles/{profileId}/history/{titleId}/forgotten": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "DELETE /api/v1/profiles/{profileId}/history/{titleId}/forgotten": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "PUT /api/v1/profiles/{profileId}/profiling": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "GET /api/v1/profiles/{profileId}/wishes": {
    readonly query: { readonly locale?: "ru" | "be" | "en"; };
    readonly body: undefined;
    readonly answer: { readonly profileId: string; readonly wishes: readonly ({ readonly titleId: (string) | (null); readonly query: (string) | (null); readonly wishedAt: string; readonly arrived: ({ readonly at: string; readonly title: ({ readonly titleId: string; readonly name: string; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly kind?: "film" | "series" | undefined; readonly originalName?: string | undefined; readonly genreNames?: readonly (string)[] | undefined; readonly leavesAt?: string | undefined; readonly cutMinutes?: number | undefined; readonly plans?: readonly ("basic" | "standard" | "premium")[] | undefined; }) | (null); }) | (null); })[]; };
  };
  readonly "PUT /api/v1/profiles/{profileId}/wishes": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "DELETE /api/v1/profiles/{profileId}/wishes": {
    readonly query: { readonly titleId?: string; readonly query?: string; };
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "POST /api/v1/editor/titles": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly revision: number; readonly title: { readonly titleId: string; readonly kind?: "film" | "series" | undefined; readonly name: string; readonly originalName?: (string) | (null) | undefined; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly countries?: readonly (string)[] | undefined; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly referenceRuntimeMinutes?: (number) | (null) | undefined; readonly directors: readonly (string)[]; readonly plot: (string) | (null); readonly names?: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; } | undefined; readonly plots?: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; } | undefined; readonly score: (number) | (null); readonly scoreVotes: (number) | (null); readonly source: string; readonly addedAt: string; readonly rights?: (readonly ({ readonly countries: (readonly (string)[]) | (null); readonly exceptCountries?: readonly (string)[] | undefined; readonly plans: (readonly ("basic" | "standard" | "premium")[]) | (null); readonly from: (number) | (null); readonly until: (number) | (null); })[]) | (null) | undefined; readonly credits?: readonly ({ readonly personId: string; readonly role: "director" | "cast"; })[] | undefined; readonly seasons?: readonly ({ readonly number: number; readonly year: (number) | (null); readonly episodes: readonly ({ readonly partId: string; readonly number: number; readonly names: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; }; readonly plots: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; }; readonly runtimeMinutes: (number) | (null); })[]; })[] | undefined; }; };
  };
  readonly "GET /api/v1/editor/titles/{titleId}": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly revision: number; readonly title: { readonly titleId: string; readonly kind?: "film" | "series" | undefined; readonly name: string; readonly originalName?: (string) | (null) | undefined; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly countries?: readonly (string)[] | undefined; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly referenceRuntimeMinutes?: (number) | (null) | undefined; readonly directors: readonly (string)[]; readonly plot: (string) | (null); readonly names?: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; } | undefined; readonly plots?: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; } | undefined; readonly score: (number) | (null); readonly scoreVotes: (number) | (null); readonly source: string; readonly addedAt: string; readonly rights?: (readonly ({ readonly countries: (readonly (string)[]) | (null); readonly exceptCountries?: readonly (string)[] | undefined; readonly plans: (readonly ("basic" | "standard" | "premium")[]) | (null); readonly from: (number) | (null); readonly until: (number) | (null); })[]) | (null) | undefined; readonly credits?: readonly ({ readonly personId: string; readonly role: "director" | "cast"; })[] | undefined; readonly seasons?: readonly ({ readonly number: number; readonly year: (number) | (null); readonly episodes: readonly ({ readonly partId: string; readonly number: number; readonly names: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; }; readonly plots: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; }; readonly runtimeMinutes: (number) | (null); })[]; })[] | undefined; }; };
  };
  readonly "PATCH /api/v1/editor/titles/{titleId}": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly revision: number; readonly title: { readonly titleId: string; readonly kind?: "film" | "series" | undefined; readonly name: string; readonly originalName?: (string) | (null) | undefined; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly countries?: readonly (string)[] | undefined; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly referenceRuntimeMinutes?: (number) | (null) | undefined; readonly directors: readonly (string)[]; readonly plot: (string) | (null); readonly names?: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; } | undefined; readonly plots?: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; } | undefined; readonly score: (number) | (null); readonly scoreVotes: (number) | (null); readonly source: string; readonly addedAt: string; readonly rights?: (readonly ({ readonly countries: (readonly (string)[]) | (null); readonly exceptCountries?: readonly (string)[] | undefined; readonly plans: (readonly ("basic" | "standard" | "premium")[]) | (null); readonly from: (number) | (null); readonly until: (number) | (null); })[]) | (null) | undefined; readonly credits?: readonly ({ readonly personId: string; readonly role: "director" | "cast"; })[] | undefined; readonly seasons?: readonly ({ readonly number: number; readonly year: (number) | (null); readonly episodes: readonly ({ readonly partId: string; readonly number: number; readonly names: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; }; readonly plots: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; }; readonly runtimeMinutes: (number) | (null); })[]; })[] | undefined; }; };
  };
  readonly "GET /api/v1/editor/titles/{titleId}/history": {
    readonly query: { readonly before?: number; };
    readonly body: undefined;
    readonly answer: { readonly revisions: readonly ({ readonly revision: number; readonly changedAt: string; readonly changedBy: string; readonly action: "create" | "change" | "undo" | "import"; readonly undoneRevision: (number) | (null); readonly changes: { readonly [key: string]: { readonly before?: unknown | undefined; readonly after?: unknown | undefined; } }; })[]; };
  };
  readonly "POST /api/v1/editor/titles/{titleId}/undo/{revision}": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly revision: number; readonly title: { readonly titleId: string; readonly kind?: "film" | "series" | undefined; readonly name: string; readonly originalName?: (string) | (null) | undefined; readonly year: (number) | (null); readonly genres: readonly (string)[]; readonly countries?: readonly (string)[] | undefined; readonly ageMark: (0) | (6) | (12) | (16) | (18) | (null); readonly runtimeMinutes: (number) | (null); readonly referenceRuntimeMinutes?: (number) | (null) | undefined; readonly directors: readonly (string)[]; readonly plot: (string) | (null); readonly names?: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; } | undefined; readonly plots?: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; } | undefined; readonly score: (number) | (null); readonly scoreVotes: (number) | (null); readonly source: string; readonly addedAt: string; readonly rights?: (readonly ({ readonly countries: (readonly (string)[]) | (null); readonly exceptCountries?: readonly (string)[] | undefined; readonly plans: (readonly ("basic" | "standard" | "premium")[]) | (null); readonly from: (number) | (null); readonly until: (number) | (null); })[]) | (null) | undefined; readonly credits?: readonly ({ readonly personId: string; readonly role: "director" | "cast"; })[] | undefined; readonly seasons?: readonly ({ readonly number: number; readonly year: (number) | (null); readonly episodes: readonly ({ readonly partId: string; readonly number: number; readonly names: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; }; readonly plots: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; }; readonly runtimeMinutes: (number) | (null); })[]; })[] | undefined; }; };
  };
  readonly "POST /api/v1/editor/collections": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly revision: number; readonly collection: { readonly collectionId: string; readonly names: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; }; readonly titleIds: readonly (string)[]; }; };
  };
  readonly "GET /api/v1/editor/collections/{collectionId}": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly revision: number; readonly collection: { readonly collectionId: string; readonly names: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; }; readonly titleIds: readonly (string)[]; }; };
  };
  readonly "PUT /api/v1/editor/collections/{collectionId}": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly revision: number; readonly collection: { readonly collectionId: string; readonly names: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; }; readonly titleIds: readonly (string)[]; }; };
  };
  readonly "GET /api/v1/editor/collections/{collectionId}/history": {
    readonly query: { readonly before?: number; };
    readonly body: undefined;
    readonly answer: { readonly revisions: readonly ({ readonly revision: number; readonly changedAt: string; readonly changedBy: string; readonly action: "create" | "change" | "undo" | "import"; readonly undoneRevision: (number) | (null); readonly changes: { readonly [key: string]: { readonly before?: unknown | undefined; readonly after?: unknown | undefined; } }; })[]; };
  };
  readonly "POST /api/v1/editor/collections/{collectionId}/undo/{revision}": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly revision: number; readonly collection: { readonly collectionId: string; readonly names: { readonly ru?: string | undefined; readonly be?: string | undefined; readonly en?: string | undefined; }; readonly titleIds: readonly (string)[]; }; };
  };
  readonly "GET /api/v1/control/rules": {
    readonly query: { readonly before?: number; };
    readonly body: undefined;
    readonly answer: { readonly published: (number) | (null); readonly versions: readonly ({ readonly version: number; readonly status: "draft" | "published" | "retired"; readonly revision: number; readonly note: string; readonly ruleCount: number; readonly createdAt: string; readonly createdBy: string; readonly publishedAt: (string) | (null); readonly publishedBy: (string) | (null); })[]; readonly next: (number) | (null); };
  };
  readonly "POST /api/v1/control/rules": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly version: number; readonly status: "draft" | "published" | "retired"; readonly revision: number; readonly note: string; readonly ruleCount: number; readonly createdAt: string; readonly createdBy: string; readonly publishedAt: (string) | (null); readonly publishedBy: (string) | (null); readonly document: { readonly [key: string]: unknown }; };
  };
  readonly "POST /api/v1/control/dry-run": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly published: (number) | (null); readonly seed: number; readonly profilesAsked: number; readonly profiles: number; readonly cutShort: boolean; readonly changedShare: (number) | (null); readonly relaxedPages: { readonly before: number; readonly after: number; }; readonly exposure: { readonly before: number; readonly after: number; }; readonly titlesChanged: number; readonly gaining: readonly ({ readonly titleId: string; readonly name: string; readonly before: number; readonly after: number; })[]; readonly losing: readonly ({ readonly titleId: string; readonly name: string; readonly before: number; readonly after: number; })[]; readonly emptied: readonly ({ readonly rowId: string; readonly kind: string; readonly pages: number; })[]; readonly rules: readonly ({ readonly ruleId: string; readonly name: string; readonly enabled: boolean; readonly pages: number; readonly effects: { readonly removed: number; readonly moved: number; readonly pinned: number; readonly capped: number; }; })[]; readonly durationMs: number; readonly composeMs: { readonly before: (number) | (null); readonly after: (number) | (null); }; };
  };
  readonly "GET /api/v1/control/rules/{version}": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly version: number; readonly status: "draft" | "published" | "retired"; readonly revision: number; readonly note: string; readonly ruleCount: number; readonly createdAt: string; readonly createdBy: string; readonly publishedAt: (string) | (null); readonly publishedBy: (string) | (null); readonly document: { readonly [key: string]: unknown }; };
  };
  readonly "PUT /api/v1/control/rules/{version}": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly version: number; readonly status: "draft" | "published" | "retired"; readonly revision: number; readonly note: string; readonly ruleCount: number; readonly createdAt: string; readonly createdBy: string; readonly publishedAt: (string) | (null); readonly publishedBy: (string) | (null); readonly document: { readonly [key: string]: unknown }; };
  };
  readonly "DELETE /api/v1/control/rules/{version}": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "POST /api/v1/control/rules/{version}/publish": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly version: number; readonly status: "draft" | "published" | "retired"; readonly revision: number; readonly note: string; readonly ruleCount: number; readonly createdAt: string; readonly createdBy: string; readonly publishedAt: (string) | (null); readonly publishedBy: (string) | (null); readonly document: { readonly [key: string]: unknown }; };
  };
  readonly "POST /api/v1/control/rules/{version}/rollback": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly version: number; readonly status: "draft" | "published" | "retired"; readonly revision: number; readonly note: string; readonly ruleCount: number; readonly createdAt: string; readonly createdBy: string; readonly publishedAt: (string) | (null); readonly publishedBy: (string) | (null); readonly document: { readonly [key: string]: unknown }; };
  };
  readonly "GET /api/v1/control/audit": {
    readonly query: { readonly subject?: string; readonly before?: number; readonly limit?: number; };
    readonly body: undefined;
    readonly answer: { readonly entries: readonly ({ readonly entryId: number; readonly at: string; readonly who: string; readonly role: ("viewer" | "analyst" | "product" | "editor" | "operator" | "service") | ("command"); readonly action: "rules.create" | "rules.replace" | "rules.discard" | "rules.publish" | "rules.rollback"; readonly subject: string; readonly requestId: string; })[]; readonly next: (number) | (null); };
  };
  readonly "GET /api/v1/control/audit/{entryId}": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly entryId: number; readonly at: string; readonly who: string; readonly role: ("viewer" | "analyst" | "product" | "editor" | "operator" | "service") | ("command"); readonly action: "rules.create" | "rules.replace" | "rules.discard" | "rules.publish" | "rules.rollback"; readonly subject: string; readonly requestId: string; readonly before: ({ readonly [key: string]: unknown }) | (null); readonly after: ({ readonly [key: string]: unknown }) | (null); };
  };
  readonly "GET /api/v1/demo/accounts": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly accounts: readonly ({ readonly accountId: string; readonly country: string; readonly externalId: (string) | (null); readonly demo: boolean; readonly hasPassword: boolean; readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly language: ("ru" | "be" | "en") | (null); readonly profiles: readonly ({ readonly profileId: string; readonly accountId: string; readonly name: string; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly country: string; readonly externalId: (string) | (null); readonly language: ("ru" | "be" | "en") | (null); readonly hasPin: boolean; })[]; })[]; };
  };
  readonly "POST /api/v1/session": {
    readonly query: Record<never, never>;
    readonly body: ({ readonly email: string; readonly password: string; }) | ({ readonly accountId: string; });
    readonly answer: ({ readonly kind: "anonymous"; }) | ({ readonly kind: "signed_in"; readonly account: { readonly accountId: string; readonly country: string; readonly externalId: (string) | (null); readonly demo: boolean; readonly hasPassword: boolean; readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly language: ("ru" | "be" | "en") | (null); readonly profiles: readonly ({ readonly profileId: string; readonly accountId: string; readonly name: string; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly country: string; readonly externalId: (string) | (null); readonly language: ("ru" | "be" | "en") | (null); readonly hasPin: boolean; })[]; }; readonly profileId: (string) | (null); });
  };
  readonly "GET /api/v1/session": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: ({ readonly kind: "anonymous"; }) | ({ readonly kind: "signed_in"; readonly account: { readonly accountId: string; readonly country: string; readonly externalId: (string) | (null); readonly demo: boolean; readonly hasPassword: boolean; readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly language: ("ru" | "be" | "en") | (null); readonly profiles: readonly ({ readonly profileId: string; readonly accountId: string; readonly name: string; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly country: string; readonly externalId: (string) | (null); readonly language: ("ru" | "be" | "en") | (null); readonly hasPin: boolean; })[]; }; readonly profileId: (string) | (null); });
  };
  readonly "DELETE /api/v1/session": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: ({ readonly kind: "anonymous"; }) | ({ readonly kind: "signed_in"; readonly account: { readonly accountId: string; readonly country: string; readonly externalId: (string) | (null); readonly demo: boolean; readonly hasPassword: boolean; readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly language: ("ru" | "be" | "en") | (null); readonly profiles: readonly ({ readonly profileId: string; readonly accountId: string; readonly name: string; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly country: string; readonly externalId: (string) | (null); readonly language: ("ru" | "be" | "en") | (null); readonly hasPin: boolean; })[]; }; readonly profileId: (string) | (null); });
  };
  readonly "PUT /api/v1/session/profile": {
    readonly query: Record<never, never>;
    readonly body: { readonly profileId: string; readonly pin?: string | undefined; readonly password?: string | undefined; };
    readonly answer: ({ readonly kind: "anonymous"; }) | ({ readonly kind: "signed_in"; readonly account: { readonly accountId: string; readonly country: string; readonly externalId: (string) | (null); readonly demo: boolean; readonly hasPassword: boolean; readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly language: ("ru" | "be" | "en") | (null); readonly profiles: readonly ({ readonly profileId: string; readonly accountId: string; readonly name: string; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly country: string; readonly externalId: (string) | (null); readonly language: ("ru" | "be" | "en") | (null); readonly hasPin: boolean; })[]; }; readonly profileId: (string) | (null); });
  };
  readonly "POST /api/v1/session/handover": {
    readonly query: Record<never, never>;
    readonly body: { readonly host: string; };
    readonly answer: { readonly url: string; readonly expiresAt: string; };
  };
  readonly "GET /sign-in": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "POST /api/v1/sign-up": {
    readonly query: Record<never, never>;
    readonly body: { readonly email: string; readonly password: string; readonly language?: "ru" | "be" | "en" | undefined; readonly country?: string | undefined; };
    readonly answer: { readonly kind: "mail_sent"; };
  };
  readonly "POST /api/v1/sign-up/resend": {
    readonly query: Record<never, never>;
    readonly body: { readonly email: string; };
    readonly answer: { readonly kind: "mail_sent"; };
  };
  readonly "POST /api/v1/sign-up/verify": {
    readonly query: Record<never, never>;
    readonly body: { readonly token: string; readonly password: string; };
    readonly answer: ({ readonly kind: "anonymous"; }) | ({ readonly kind: "signed_in"; readonly account: { readonly accountId: string; readonly country: string; readonly externalId: (string) | (null); readonly demo: boolean; readonly hasPassword: boolean; readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly language: ("ru" | "be" | "en") | (null); readonly profiles: readonly ({ readonly profileId: string; readonly accountId: string; readonly name: string; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly country: string; readonly externalId: (string) | (null); readonly language: ("ru" | "be" | "en") | (null); readonly hasPin: boolean; })[]; }; readonly profileId: (string) | (null); });
  };
  readonly "POST /api/v1/password/reset": {
    readonly query: Record<never, never>;
    readonly body: { readonly email: string; };
    readonly answer: { readonly kind: "mail_sent"; };
  };
  readonly "POST /api/v1/password/reset/confirm": {
    readonly query: Record<never, never>;
    readonly body: { readonly token: string; readonly password: string; };
    readonly answer: { readonly kind: "done"; };
  };
  readonly "GET /api/v1/account": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly accountId: string; readonly email: (string) | (null); readonly country: string; readonly homeRegion: "ru" | "by" | "us"; readonly language: ("ru" | "be" | "en") | (null); readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly verifiedAt: (string) | (null); };
  };
  readonly "PUT /api/v1/account": {
    readonly query: Record<never, never>;
    readonly body: { readonly language: ("ru" | "be" | "en") | (null); };
    readonly answer: { readonly accountId: string; readonly email: (string) | (null); readonly country: string; readonly homeRegion: "ru" | "by" | "us"; readonly language: ("ru" | "be" | "en") | (null); readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly verifiedAt: (string) | (null); };
  };
  readonly "PUT /api/v1/account/password": {
    readonly query: Record<never, never>;
    readonly body: { readonly currentPassword: string; readonly password: string; };
    readonly answer: ({ readonly kind: "anonymous"; }) | ({ readonly kind: "signed_in"; readonly account: { readonly accountId: string; readonly country: string; readonly externalId: (string) | (null); readonly demo: boolean; readonly hasPassword: boolean; readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly language: ("ru" | "be" | "en") | (null); readonly profiles: readonly ({ readonly profileId: string; readonly accountId: string; readonly name: string; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly country: string; readonly externalId: (string) | (null); readonly language: ("ru" | "be" | "en") | (null); readonly hasPin: boolean; })[]; }; readonly profileId: (string) | (null); });
  };
  readonly "POST /api/v1/account/email": {
    readonly query: Record<never, never>;
    readonly body: { readonly email: string; readonly password: string; };
    readonly answer: { readonly kind: "mail_sent"; };
  };
  readonly "POST /api/v1/account/email/confirm": {
    readonly query: Record<never, never>;
    readonly body: { readonly token: string; };
    readonly answer: { readonly kind: "done"; };
  };
  readonly "GET /api/v1/devices": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly devices: readonly ({ readonly deviceId: string; readonly name: string; readonly createdAt: string; readonly lastSeenOn: string; readonly current: boolean; })[]; };
  };
  readonly "DELETE /api/v1/devices": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: ({ readonly kind: "anonymous"; }) | ({ readonly kind: "signed_in"; readonly account: { readonly accountId: string; readonly country: string; readonly externalId: (string) | (null); readonly demo: boolean; readonly hasPassword: boolean; readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly language: ("ru" | "be" | "en") | (null); readonly profiles: readonly ({ readonly profileId: string; readonly accountId: string; readonly name: string; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly country: string; readonly externalId: (string) | (null); readonly language: ("ru" | "be" | "en") | (null); readonly hasPin: boolean; })[]; }; readonly profileId: (string) | (null); });
  };
  readonly "DELETE /api/v1/devices/{deviceId}": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly kind: "done"; };
  };
  readonly "POST /api/v1/profiles": {
    readonly query: Record<never, never>;
    readonly body: { readonly name: string; readonly language?: ("ru" | "be" | "en") | (null) | undefined; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); };
    readonly answer: ({ readonly kind: "anonymous"; }) | ({ readonly kind: "signed_in"; readonly account: { readonly accountId: string; readonly country: string; readonly externalId: (string) | (null); readonly demo: boolean; readonly hasPassword: boolean; readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly language: ("ru" | "be" | "en") | (null); readonly profiles: readonly ({ readonly profileId: string; readonly accountId: string; readonly name: string; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly country: string; readonly externalId: (string) | (null); readonly language: ("ru" | "be" | "en") | (null); readonly hasPin: boolean; })[]; }; readonly profileId: (string) | (null); });
  };
  readonly "PUT /api/v1/profiles/{profileId}": {
    readonly query: Record<never, never>;
    readonly body: { readonly name: string; readonly language: ("ru" | "be" | "en") | (null); readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly password?: string | undefined; };
    readonly answer: ({ readonly kind: "anonymous"; }) | ({ readonly kind: "signed_in"; readonly account: { readonly accountId: string; readonly country: string; readonly externalId: (string) | (null); readonly demo: boolean; readonly hasPassword: boolean; readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly language: ("ru" | "be" | "en") | (null); readonly profiles: readonly ({ readonly profileId: string; readonly accountId: string; readonly name: string; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly country: string; readonly externalId: (string) | (null); readonly language: ("ru" | "be" | "en") | (null); readonly hasPin: boolean; })[]; }; readonly profileId: (string) | (null); });
  };
  readonly "PUT /api/v1/profiles/{profileId}/pin": {
    readonly query: Record<never, never>;
    readonly body: { readonly pin: (string) | (null); readonly password: string; };
    readonly answer: ({ readonly kind: "anonymous"; }) | ({ readonly kind: "signed_in"; readonly account: { readonly accountId: string; readonly country: string; readonly externalId: (string) | (null); readonly demo: boolean; readonly hasPassword: boolean; readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly language: ("ru" | "be" | "en") | (null); readonly profiles: readonly ({ readonly profileId: string; readonly accountId: string; readonly name: string; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly country: string; readonly externalId: (string) | (null); readonly language: ("ru" | "be" | "en") | (null); readonly hasPin: boolean; })[]; }; readonly profileId: (string) | (null); });
  };
  readonly "POST /api/v1/profiles/{profileId}/erase": {
    readonly query: Record<never, never>;
    readonly body: { readonly password: string; };
    readonly answer: ({ readonly kind: "anonymous"; }) | ({ readonly kind: "signed_in"; readonly account: { readonly accountId: string; readonly country: string; readonly externalId: (string) | (null); readonly demo: boolean; readonly hasPassword: boolean; readonly role: "viewer" | "analyst" | "product" | "editor" | "operator"; readonly language: ("ru" | "be" | "en") | (null); readonly profiles: readonly ({ readonly profileId: string; readonly accountId: string; readonly name: string; readonly ageMark: ((0) | (6) | (12) | (16) | (18)) | (null); readonly country: string; readonly externalId: (string) | (null); readonly language: ("ru" | "be" | "en") | (null); readonly hasPin: boolean; })[]; }; readonly profileId: (string) | (null); });
  };
  readonly "GET /api/v1/zone": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: { readonly host: string; readonly country: string; readonly homeRegion: "ru" | "by" | "us"; readonly locale: "ru" | "be" | "en"; readonly currency: "RUB" | "BYN" | "USD"; readonly shell: "desktop" | "mobile"; };
  };
  readonly "GET /api/docs": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "GET /api/openapi.json": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "GET /healthz": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "GET /readyz": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "GET /recommendations-rules": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
  readonly "GET /docs/problems/{slug}": {
    readonly query: Record<never, never>;
    readonly body: undefined;
    readonly answer: unknown;
  };
}

/** Every address of the API, without a query. */
export type ApiPath =
  | `/api/docs`
  | `/api/openapi.json`
  | `/api/v1/account/email/confirm`
  | `/api/v1/account/email`
  | `/api/v1/account/password`
  | `/api/v1/account`
  | `/api/v1/collections/${string}`
  | `/api/v1/collections`
  | `/api/v1/control/audit/${string}`
  | `/api/v1/control/audit`
  | `/api/v1/control/dry-run`
  | `/api/v1/control/rules/${string}/publish`
  | `/api/v1/control/rules/${string}/rollback`
  | `/api/v1/control/rules/${string}`
  | `/api/v1/control/rules`
  | `/api/v1/demo/accounts`
  | `/api/v1/devices/${string}`
  | `/api/v1/devices`
  | `/api/v1/editor/collections/${string}/history`
  | `/api/v1/editor/collections/${string}/undo/${string}`
  | `/api/v1/editor/collections/${string}`
  | `/api/v1/editor/collections`
  | `/api/v1/editor/titles/${string}/history`
  | `/api/v1/editor/titles/${string}/undo/${string}`
  | `/api/v1/editor/titles/${string}`
  | `/api/v1/editor/titles`
  | `/api/v1/events`
  | `/api/v1/genres`
  | `/api/v1/home`
  | `/api/v1/password/reset/confirm`
  | `/api/v1/password/reset`
  | `/api/v1/people/${string}`
  | `/api/v1/profiles/${string}/candidates`
  | `/api/v1/profiles/${string}/continue-watching/${string}/hidden`
  | `/api/v1/profiles/${string}/erase`
  | `/api/v1/profiles/${string}/history/${string}/forgotten`
  | `/api/v1/profiles/${string}/home`
  | `/api/v1/profiles/${string}/leaving`
  | `/api/v1/profiles/${string}/pin`
  | `/api/v1/profiles/${string}/profiling`
  | `/api/v1/profiles/${string}/ratings`
  | `/api/v1/profiles/${string}/recommendations`
  | `/api/v1/profiles/${string}/taste`
  | `/api/v1/profiles/${string}/watchlist`
  | `/api/v1/profiles/${string}/why-not/${string}`
  | `/api/v1/profiles/${string}/wishes`
  | `/api/v1/profiles/${string}`
  | `/api/v1/profiles`
  | `/api/v1/search`
  | `/api/v1/session/handover`
  | `/api/v1/session/profile`
  | `/api/v1/session`
  | `/api/v1/sign-up/resend`
  | `/api/v1/sign-up/verify`
  | `/api/v1/sign-up`
  | `/api/v1/titles/${string}/seasons`
  | `/api/v1/titles/${string}/similar`
  | `/api/v1/titles/${string}`
  | `/api/v1/titles`
  | `/api/v1/zone`
  | `/docs/problems/${string}`
  | `/healthz`
  | `/readyz`
  | `/recommendations-rules`
  | `/sign-in`;
