/** Who of the account is watching. What is guarded asks for its PIN, or for the account's password. */

import { useQuery } from "@tanstack/react-query";
import type { AccountProfile } from "@thewatcher/contracts/api/session";
import { useState } from "react";
import { ApiFailure, api } from "../api/client.ts";
import { sessionQuery } from "../api/queries.ts";
import { Form, PasswordField, PinField, problemWords } from "../parts/form.tsx";
import { Wordmark } from "../parts/icons.tsx";
import { useLeaveProfile } from "../parts/shell.tsx";
import { Failure } from "../parts/states.tsx";
import { Avatar } from "../poster/poster.tsx";
import { Link, Navigate, useNavigate } from "../routing/router.tsx";
import { useServices } from "../services.ts";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";

const Lock = () => (
  <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d="M6 11H18V20H6ZM8.500 11V8A3.500 3.500 0 0 1 15.500 8V11" />
  </svg>
);

type Proof = { readonly pin: string } | { readonly password: string };

function Guard({
  profile,
  hasPassword,
  onOpen,
  onBack,
}: {
  readonly profile: AccountProfile;
  readonly hasPassword: boolean;
  readonly onOpen: (proof: Proof) => Promise<void>;
  readonly onBack: () => void;
}) {
  const words = pageStrings.profiles;
  const [byPassword, setByPassword] = useState(!profile.hasPin);
  return (
    <div className="guard">
      <span className="guard__face">
        <Avatar id={profile.profileId} />
      </span>
      <h1 className="guard__title">
        {profile.hasPin ? words.pinTitle(profile.name) : words.guardedTitle(profile.name)}
      </h1>
      {!profile.hasPin && <p className="quiet">{words.guardedLead}</p>}
      <Form
        key={String(byPassword)}
        send={words.open}
        onSend={(given) => onOpen(byPassword ? { password: given("password") } : { pin: given("pin") })}
        others={
          <button type="button" className="button button--quiet" onClick={onBack}>
            {words.back}
          </button>
        }
      >
        {byPassword ? <PasswordField label={pageStrings.account.accountPassword} autoFocus /> : <PinField autoFocus />}
      </Form>
      {profile.hasPin && hasPassword && (
        <button type="button" className="textual textual--button" onClick={() => setByPassword(!byPassword)}>
          {byPassword ? words.usePin : words.usePassword}
        </button>
      )}
    </div>
  );
}

export function Profiles() {
  const words = pageStrings.profiles;
  const session = useQuery(sessionQuery);
  const navigate = useNavigate();
  const leave = useLeaveProfile();
  const { notify } = useServices();
  const [isChoosing, setChoosing] = useState(false);
  const [guarded, setGuarded] = useState<AccountProfile | null>(null);

  if (session.isPending) return null;
  if (session.isError) return <Failure error={session.error} onRetry={() => void session.refetch()} />;
  if (session.data.kind === "anonymous") return <Navigate to="/welcome" />;
  const { account } = session.data;

  async function open({ profileId }: AccountProfile, proof?: Proof): Promise<void> {
    await leave(() => api.chooseProfile({ profileId, ...proof }));
    await navigate({ to: "/" });
  }

  async function choose(profile: AccountProfile): Promise<void> {
    setChoosing(true);
    try {
      await open(profile);
    } catch (error) {
      if (error instanceof ApiFailure && error.kind === "profile-guarded") setGuarded(profile);
      else notify(problemWords(error));
    } finally {
      setChoosing(false);
    }
  }

  if (guarded !== null) {
    return (
      <main className="chooser">
        <title>{strings.pageTitle(words.title)}</title>
        <Guard
          profile={guarded}
          hasPassword={account.hasPassword}
          onOpen={(proof) => open(guarded, proof)}
          onBack={() => setGuarded(null)}
        />
      </main>
    );
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
              disabled={isChoosing}
              aria-label={[words.choose(profile.name), profile.hasPin && words.locked].filter(Boolean).join(", ")}
              onClick={() => void choose(profile)}
            >
              <Avatar id={profile.profileId} />
              <span className="face__name">
                {profile.hasPin && <Lock />} {profile.name}
              </span>
              {profile.ageMark !== null && <span className="person__note">{words.kids(profile.ageMark)}</span>}
            </button>
          </li>
        ))}
      </ul>
      <div className="chooser__others">
        <Link to="/account" className="button">
          {words.manage}
        </Link>
        <button type="button" className="button button--quiet" onClick={() => void leave(api.signOut)}>
          {strings.nav.signOut}
        </button>
      </div>
    </main>
  );
}
