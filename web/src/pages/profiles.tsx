/** Who of the account is watching. */

import { useQuery } from "@tanstack/react-query";
import { Navigate, useNavigate } from "@tanstack/react-router";
import type { ProfileId } from "@thewatcher/contracts/ids";
import { useState } from "react";
import { ApiFailure, api } from "../api/client.ts";
import { sessionQuery } from "../api/queries.ts";
import { Wordmark } from "../parts/icons.tsx";
import { useLeaveProfile } from "../parts/shell.tsx";
import { Failure } from "../parts/states.tsx";
import { Avatar } from "../poster/poster.tsx";
import { useServices } from "../services.ts";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";

const words = pageStrings.profiles;

export function Profiles() {
  const session = useQuery(sessionQuery);
  const navigate = useNavigate();
  const leave = useLeaveProfile();
  const { notify } = useServices();
  const [choosing, setChoosing] = useState<ProfileId | null>(null);

  if (session.isPending) return null;
  if (session.isError) return <Failure error={session.error} onRetry={() => void session.refetch()} />;
  if (session.data.kind === "anonymous") return <Navigate to="/welcome" replace />;
  const { account } = session.data;

  async function choose(profileId: ProfileId): Promise<void> {
    setChoosing(profileId);
    try {
      await leave(() => api.chooseProfile(profileId));
      await navigate({ to: "/" });
    } catch (error) {
      notify((error instanceof ApiFailure && strings.failures.causes[error.kind]) || strings.failures.other);
    } finally {
      setChoosing(null);
    }
  }

  return (
    <main className="chooser">
      <title>{strings.pageTitle(words.title)}</title>
      <Wordmark />
      <h1 className="chooser__title">{words.title}</h1>
      {account.profiles.length === 0 && <p className="quiet">{words.none}</p>}
      <ul className="chooser__profiles">
        {account.profiles.map((profile) => (
          <li key={profile.profileId}>
            <button
              type="button"
              className="face"
              disabled={choosing !== null}
              aria-label={words.choose(profile.name)}
              onClick={() => void choose(profile.profileId)}
            >
              <Avatar id={profile.profileId} />
              <span className="face__name">{profile.name}</span>
              {profile.ageMark !== null && <span className="person__note">{words.kids(profile.ageMark)}</span>}
            </button>
          </li>
        ))}
      </ul>
      <button type="button" className="button button--quiet" onClick={() => void leave(api.signOut)}>
        {strings.nav.signOut}
      </button>
    </main>
  );
}
