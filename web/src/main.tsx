/** The app's root: the only place that touches the browser's clock, timers and chance. */
import "@fontsource-variable/golos-text";
import "@fontsource-variable/sofia-sans-extra-condensed";
import "./styles.css";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiFailure, mayRetry, overloadMsOf } from "./api/client.ts";
import { sessionQuery } from "./api/queries.ts";
import { locale } from "./locale.ts";
import { App } from "./router.tsx";
import { createServices, ServicesProvider } from "./services.ts";
import { loadStrings } from "./strings.ts";

const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 30_000;

const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof ApiFailure && error.status === 401) signedOut();
    },
  }),
  defaultOptions: {
    queries: {
      retry: mayRetry,
      // The answer to an overload says when to come back, and each viewer is told another time.
      retryDelay: (failures, error) => overloadMsOf(error) ?? Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** failures),
      // A page that changes by itself under the viewer's eyes is worse than one that is a minute old.
      refetchOnWindowFocus: false,
    },
  },
});

function signedOut(): void {
  queries.setQueryData(sessionQuery.queryKey, { kind: "anonymous" });
}

const services = createServices(
  {
    now: () => Date.now(),
    schedule(then, delayMs) {
      const timer = setTimeout(then, delayMs);
      return () => clearTimeout(timer);
    },
    fillRandom: (bytes) => void crypto.getRandomValues(bytes),
  },
  { signedOut },
);
// `pagehide` fires on every way out, on phones too; `unload` does not.
addEventListener("pagehide", () => services.queue.farewell());

// `routing/` keeps the scroll of each entry itself, that of rows too.
history.scrollRestoration = "manual";
// Pages bring titles of their own; the document's would stand before them.
document.querySelector("title")?.remove();

document.documentElement.lang = locale();
// The words come in a script of their own; who is there is asked meanwhile.
void queries.prefetchQuery(sessionQuery);
await loadStrings(locale());

const place = document.getElementById("root");
if (place === null) throw new Error("index.html has no #root");
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <ServicesProvider value={services}>
        <App />
      </ServicesProvider>
    </QueryClientProvider>
  </StrictMode>,
);
