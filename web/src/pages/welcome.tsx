/** The door: in the demo world, step in as one of its viewers. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Account } from "@thewatcher/contracts/api/session";
import { useEffect, useState } from "react";
import { ApiFailure, api } from "../api/client.ts";
import { demoAccountsQuery, sessionQuery } from "../api/queries.ts";
import { Wordmark } from "../parts/icons.tsx";
import { LanguageChoice } from "../parts/language-choice.tsx";
import { Failure } from "../parts/states.tsx";
import type { PosterTitle } from "../poster/draw.ts";
import { Avatar, Poster } from "../poster/poster.tsx";
import { Link, Navigate, useNavigate } from "../routing/router.tsx";
import { useServices } from "../services.ts";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";
import { SignInForm } from "./doors.tsx";

/** Posters behind the door: one of each genre, of nothing that exists. */
const wall = [
  ["Western", "Dust"],
  ["Horror", "The Cellar"],
  ["Musical", "Encore"],
  ["Drama", "Letters Home"],
  ["Sci-Fi", "Aphelion"],
  ["Comedy", "Two Left Feet"],
  ["Adventure", "The Pass"],
  ["Thriller/Suspense", "Blind Spot"],
  ["Documentary", "Salt"],
  ["Romance", "June"],
  ["Action", "Full Tilt"],
  ["Fantasy", "The Tall Door"],
].map(
  ([genre = "", name = ""]) =>
    ({ titleId: `wall:${name}`, name, year: null, genres: [genre] }) as unknown as PosterTitle,
);

/** The demo world keeps an account's name ("The Petrovs") as its external id, behind this. */
const DEMO_PREFIX = "demo:";

function nameOf({ externalId, profiles, accountId }: Account): string {
  if (externalId?.startsWith(DEMO_PREFIX)) return externalId.slice(DEMO_PREFIX.length);
  return profiles[0]?.name ?? accountId;
}

/** Enough to choose from at a glance; the field finds the rest. */
const SHOWN_MAX = 24;

function matches(account: Account, wanted: string): boolean {
  const text = [
    nameOf(account),
    strings.country(account.country),
    ...account.profiles.map((profile) => profile.name),
  ].join(" ");
  return text.toLowerCase().includes(wanted.trim().toLowerCase());
}

function Accounts({ accounts }: { readonly accounts: readonly Account[] }) {
  const words = pageStrings.welcome;
  const [wanted, setWanted] = useState("");
  const { notify } = useServices();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [entering, setEntering] = useState(false);

  async function enter(account: Account): Promise<void> {
    setEntering(true);
    try {
      const entered = await api.signIn(account.accountId);
      const only = account.profiles.length === 1 ? account.profiles[0] : undefined;
      const view = only === undefined ? entered : await api.chooseProfile({ profileId: only.profileId });
      queries.setQueryData(sessionQuery.queryKey, view);
      await navigate({ to: view.kind === "signed_in" && view.profileId !== null ? "/" : "/profiles" });
    } catch (error) {
      notify((error instanceof ApiFailure && strings.failures.causes[error.kind]) || strings.failures.other);
      setEntering(false);
    }
  }

  const found = accounts.filter((account) => matches(account, wanted)).slice(0, SHOWN_MAX);
  return (
    <>
      <input
        className="field"
        type="search"
        value={wanted}
        placeholder={words.filter}
        aria-label={words.filter}
        onChange={(event) => setWanted(event.target.value)}
      />
      {found.length === 0 && <p className="quiet">{words.none}</p>}
      <ul className="people">
        {found.map((account) => (
          <li key={account.accountId}>
            <button
              type="button"
              className="person"
              disabled={entering}
              aria-label={words.enter(nameOf(account))}
              onClick={() => void enter(account)}
            >
              <Avatar id={account.profiles[0]?.profileId ?? account.accountId} />
              <span className="person__name">{nameOf(account)}</span>
              <span className="person__note">
                {strings.country(account.country)}
                {account.profiles.length > 1 && ` · ${words.profiles(account.profiles.length)}`}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

export function Welcome() {
  const words = pageStrings.welcome;
  const session = useQuery(sessionQuery);
  const accounts = useQuery(demoAccountsQuery);
  const queries = useQueryClient();
  // Nobody is there: what was read for whoever was is forgotten.
  useEffect(() => queries.removeQueries({ type: "inactive" }), [queries]);
  if (session.data?.kind === "signed_in" && session.data.profileId !== null) return <Navigate to="/" />;
  const isClosed = accounts.error instanceof ApiFailure && accounts.error.status === 404;
  return (
    <main className="welcome">
      <title>{strings.appName}</title>
      <div className="wall" aria-hidden="true">
        {wall.map((title) => (
          <Poster key={title.titleId} title={title} />
        ))}
      </div>
      <div className="welcome__door">
        <Wordmark />
        <p className="welcome__tagline">{words.tagline}</p>
        {isClosed ? (
          <>
            <h1 className="welcome__title">{words.closed}</h1>
            <p className="quiet">{words.closedLead}</p>
            <SignInForm />
          </>
        ) : accounts.isError ? (
          <Failure error={accounts.error} onRetry={() => void accounts.refetch()} />
        ) : (
          <>
            <h1 className="welcome__title">{words.title}</h1>
            <p className="quiet">{words.lead}</p>
            <p className="welcome__own">
              <span className="quiet">{words.own}</span>
              <Link to="/enter" className="button">
                {pageStrings.door.signIn}
              </Link>
              <Link to="/join" className="button button--quiet">
                {pageStrings.door.signUp}
              </Link>
            </p>
            {accounts.data === undefined ? (
              <div className="skeleton skeleton--block" role="status" aria-label={strings.loading} />
            ) : (
              <Accounts accounts={accounts.data.accounts} />
            )}
          </>
        )}
        <LanguageChoice />
      </div>
    </main>
  );
}
