/**
 * What requests are for, where some must be refused so that others are answered: the first kind goes first, the last one
 * last. Events wait in the app and come again; what somebody types can be typed again; a page may be a minute old; where
 * somebody stopped is worth more than what might be next; and who watches goes on watching. Which route is which kind
 * stands beside the routes (gateway/src/routes.ts); what is of no kind is never refused for load.
 */
export const REQUEST_KINDS = ["events", "search", "home", "resume", "play"] as const;

export type RequestKind = (typeof REQUEST_KINDS)[number];
