/** What a page shows while it waits, when it is empty and when it failed. */
import type { ReactNode } from "react";
import { ApiFailure } from "../api/client.ts";
import { strings } from "../strings.ts";

export function Failure({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const cause = error instanceof ApiFailure ? strings.failures.causes[error.kind] : undefined;
  const instance = error instanceof ApiFailure ? error.instance : undefined;
  return (
    <section className="state" role="alert">
      <h1 className="state__title">{strings.failures.title}</h1>
      <p>{cause ?? strings.failures.other}</p>
      {instance !== undefined && <p className="state__reference">{strings.failures.reference(instance)}</p>}
      <button type="button" className="button button--main" onClick={onRetry}>
        {strings.retry}
      </button>
    </section>
  );
}

/** There is too much to do for a page: it is asked for again by itself, after as long as the answer said. */
export function FullHouse({ afterMs }: { readonly afterMs: number }) {
  return (
    <section className="state" role="status">
      <h1 className="state__title">{strings.waiting.title}</h1>
      <p>{strings.waiting.lead(Math.ceil(afterMs / 1_000))}</p>
    </section>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="state">
      <h1 className="state__title">{title}</h1>
      {children}
    </section>
  );
}

const keys = (count: number) => Array.from({ length: count }, (_, i) => i);

export function RowsSkeleton({ rows }: { readonly rows: number }) {
  return (
    <div role="status" aria-label={strings.loading}>
      {keys(rows).map((row) => (
        <div className="row" key={row}>
          <div className="skeleton skeleton--heading" />
          <div className="row__items">
            {keys(9).map((card) => (
              <div className="card" key={card}>
                <div className="skeleton skeleton--poster" />
              </div>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}
