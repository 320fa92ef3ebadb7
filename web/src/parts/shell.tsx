/** The frame of every signed-in page: top bar, content, notices. Sends who is not signed in to the welcome page. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Profile } from "@thewatcher/contracts/api/catalogue";
import { type ReactNode, useEffect } from "react";
import { api } from "../api/client.ts";
import { sessionQuery } from "../api/queries.ts";
import { followAccount } from "../locale.ts";
import { Avatar } from "../poster/poster.tsx";
import { Link, Navigate } from "../routing/router.tsx";
import { useServices } from "../services.ts";
import { strings } from "../strings.ts";
import { Icon, Wordmark } from "./icons.tsx";
import { Failure, RowsSkeleton } from "./states.tsx";
import { ViewerProvider } from "./viewer.ts";

/** Ends what belongs to the profile of before: its events leave first, then what it stated is forgotten. */
export function useLeaveProfile() {
  const { queue, stated, notice } = useServices();
  const queries = useQueryClient();
  return async (next: () => Promise<unknown>) => {
    await queue.drain();
    await next();
    stated.set(new Map());
    notice.set(null);
    await queries.fetchQuery({ ...sessionQuery, staleTime: 0 });
  };
}

function TopBar({ profile }: { readonly profile: Profile | undefined }) {
  const leave = useLeaveProfile();
  return (
    <header className="top">
      <Link to="/" className="top__brand" aria-label={strings.appName}>
        <Wordmark />
      </Link>
      <nav className="top__nav" aria-label={strings.nav.label}>
        <Link to="/" className="top__link">
          {strings.nav.home}
        </Link>
        <Link to="/my-list" className="top__link">
          {strings.nav.myList}
        </Link>
        <Link to="/search" className="top__link top__search" aria-label={strings.nav.search}>
          <Icon name="search" />
          <span>{strings.nav.search}</span>
        </Link>
      </nav>
      <div className="top__viewer">
        <Link
          to="/profiles"
          className="top__profile"
          aria-label={strings.nav.switchProfile}
          title={strings.nav.switchProfile}
        >
          {profile !== undefined && <Avatar id={profile.profileId} />}
          <span className="top__name">{profile?.name}</span>
        </Link>
        <button type="button" className="top__out" onClick={() => void leave(api.signOut)}>
          {strings.nav.signOut}
        </button>
      </div>
    </header>
  );
}

export function SignedIn({ children }: { readonly children: ReactNode }) {
  const session = useQuery(sessionQuery);
  useEffect(() => followAccount(session.data), [session.data]);
  if (session.isPending) return <RowsSkeleton rows={3} />;
  if (session.isError) return <Failure error={session.error} onRetry={() => void session.refetch()} />;
  if (session.data.kind === "anonymous") return <Navigate to="/welcome" />;
  const { account, profileId } = session.data;
  if (profileId === null) return <Navigate to="/profiles" />;
  return (
    <ViewerProvider value={{ account, profileId }} key={profileId}>
      <a className="skip" href="#content">
        {strings.skipToContent}
      </a>
      <TopBar profile={account.profiles.find((profile) => profile.profileId === profileId)} />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </ViewerProvider>
  );
}
