/** The account: language, profiles with their PINs and age marks, devices, password. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { AgeMark } from "@thewatcher/contracts/api/catalogue";
import type { Account, AccountProfile, SessionView } from "@thewatcher/contracts/api/session";
import type { Locale } from "@thewatcher/contracts/locales";
import { type ReactNode, useId, useState } from "react";
import { api } from "../api/client.ts";
import { more } from "../api/more.ts";
import { sessionQuery } from "../api/queries.ts";
import { APP_LOCALES, chooseLocale } from "../locale.ts";
import { Field, Form, NewPasswordField, PasswordField, PinField, problemWords } from "../parts/form.tsx";
import { Icon, Wordmark } from "../parts/icons.tsx";
import { LANGUAGE_NAMES, LanguageChoice } from "../parts/language-choice.tsx";
import { ProfilingSwitch } from "../parts/profiling.tsx";
import { useLeaveProfile } from "../parts/shell.tsx";
import { Failure } from "../parts/states.tsx";
import { tasteQuery } from "../parts/taste.ts";
import { Avatar } from "../poster/poster.tsx";
import { Link, Navigate } from "../routing/router.tsx";
import { useServices } from "../services.ts";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";

/** As the contract has them, which brings zod. */
const AGE_MARKS = [0, 6, 12, 16] as const;
const PROFILES_MAX = 6;
const NAME_CHARACTERS_MAX = 64;

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const id = useId();
  return (
    <section className="part" aria-labelledby={id}>
      <h2 className="row__heading" id={id}>
        {title}
      </h2>
      {children}
    </section>
  );
}

function Choice({
  label,
  name,
  value,
  options,
}: {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, words: string])[];
}) {
  const id = useId();
  return (
    <div className="labelled">
      <label htmlFor={id}>{label}</label>
      <select className="field" id={id} name={name} defaultValue={value}>
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Everything that changes a profile answers the session as it is then. */
function useShow() {
  const queries = useQueryClient();
  const { notify } = useServices();
  return (view: SessionView, said: string) => {
    queries.setQueryData(sessionQuery.queryKey, view);
    notify(said);
  };
}

function ProfileFields({ profile }: { readonly profile?: AccountProfile }) {
  const words = pageStrings.account;
  const ages = AGE_MARKS.map((years) => [String(years), years === 0 ? words.age0 : words.upTo(years)] as const);
  return (
    <>
      <Field label={words.name} name="name" maxLength={NAME_CHARACTERS_MAX} defaultValue={profile?.name} />
      <Choice
        label={words.age}
        name="age"
        value={String(profile?.ageMark ?? "")}
        options={[["", words.adult], ...ages, ...(profile?.ageMark === 18 ? [["18", words.upTo(18)] as const] : [])]}
      />
      <Choice
        label={words.ownLanguage}
        name="language"
        value={profile?.language ?? ""}
        options={[["", words.accountLanguage], ...APP_LOCALES.map((one) => [one, LANGUAGE_NAMES[one]] as const)]}
      />
    </>
  );
}

const profileOf = (given: (name: string) => string) => ({
  name: given("name").trim(),
  ageMark: given("age") === "" ? null : (Number(given("age")) as AgeMark),
  language: given("language") === "" ? null : (given("language") as Locale),
});

function EditProfile({
  profile,
  isLast,
  onDone,
}: {
  readonly profile: AccountProfile;
  readonly isLast: boolean;
  readonly onDone: () => void;
}) {
  const words = pageStrings.account;
  const show = useShow();
  const { profileId, name } = profile;
  return (
    <div className="edit">
      <Form
        send={words.save}
        onSend={async (given) => {
          const next = profileOf(given);
          const password = given("password");
          show(await more.changeProfile(profileId, password === "" ? next : { ...next, password }), words.saved);
          onDone();
        }}
        others={
          <button type="button" className="button button--quiet" onClick={onDone}>
            {words.cancel}
          </button>
        }
      >
        <ProfileFields profile={profile} />
        <PasswordField label={words.passwordForAge} required={false} />
      </Form>
      <Form
        send={words.setPin}
        tone="plain"
        onSend={async (given) => {
          show(await more.changePin(profileId, given("pin"), given("password")), words.saved);
          onDone();
        }}
      >
        <h3 className="edit__title">{words.pinSection}</h3>
        <PinField />
        <PasswordField label={words.accountPassword} />
      </Form>
      {profile.hasPin && (
        <Form
          send={words.removePin}
          tone="plain"
          onSend={async (given) => {
            show(await more.changePin(profileId, null, given("password")), words.saved);
            onDone();
          }}
        >
          <h3 className="edit__title">{words.removePin}</h3>
          <PasswordField label={words.accountPassword} />
        </Form>
      )}
      {!isLast && (
        <Form
          send={words.eraseFor(name)}
          tone="plain"
          onSend={async (given) => {
            show(await more.eraseProfile(profileId, given("password")), words.erased(name));
            onDone();
          }}
        >
          <h3 className="edit__title">{words.erase}</h3>
          <p className="quiet">{words.eraseLead}</p>
          <PasswordField label={words.accountPassword} />
        </Form>
      )}
    </div>
  );
}

/** Of the profile that is watching. */
function ProfilingPart({ profile: { profileId, name } }: { readonly profile: AccountProfile }) {
  const words = pageStrings.taste;
  const taste = useQuery(tasteQuery(profileId));
  if (taste.data === undefined) return null;
  return (
    <Part title={`${words.profiling}: ${name}`}>
      <ProfilingSwitch profileId={profileId} isOn={taste.data.profiling} />
      <Link className="textual" to="/taste">
        {words.manage} <Icon name="on" />
      </Link>
    </Part>
  );
}

function ProfilesPart({ account }: { readonly account: Account }) {
  const words = pageStrings.account;
  const show = useShow();
  const [open, setOpen] = useState<string | null>(null);
  const close = () => setOpen(null);
  return (
    <Part title={words.profiles}>
      <ul className="lines">
        {account.profiles.map((profile) => (
          <li className="line" key={profile.profileId}>
            <span className="line__face">
              <Avatar id={profile.profileId} />
            </span>
            <span className="line__words">
              <b>{profile.name}</b>
              <span className="person__note">
                {[
                  profile.ageMark === null ? null : pageStrings.profiles.kids(profile.ageMark),
                  profile.language && LANGUAGE_NAMES[profile.language],
                  profile.hasPin ? pageStrings.profiles.locked : null,
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </span>
            {account.hasPassword && (
              <button
                type="button"
                className="button button--quiet"
                aria-label={words.edit(profile.name)}
                aria-expanded={open === profile.profileId}
                onClick={() => setOpen(open === profile.profileId ? null : profile.profileId)}
              >
                {words.editShort}
              </button>
            )}
            {open === profile.profileId && (
              <EditProfile profile={profile} isLast={account.profiles.length === 1} onDone={close} />
            )}
          </li>
        ))}
      </ul>
      {account.hasPassword && account.profiles.length < PROFILES_MAX && open !== "new" && (
        <button type="button" className="button" onClick={() => setOpen("new")}>
          <Icon name="plus" /> {words.add}
        </button>
      )}
      {open === "new" && (
        <Form
          send={words.add}
          onSend={async (given) => {
            show(await more.createProfile(profileOf(given)), words.saved);
            close();
          }}
          others={
            <button type="button" className="button button--quiet" onClick={close}>
              {words.cancel}
            </button>
          }
        >
          <ProfileFields />
        </Form>
      )}
    </Part>
  );
}

function DevicesPart({ hasPassword }: { readonly hasPassword: boolean }) {
  const words = pageStrings.account;
  const devices = useQuery({ queryKey: ["devices"], queryFn: more.listDevices, refetchOnMount: "always" });
  const leave = useLeaveProfile();
  const { notify } = useServices();
  if (devices.isError) return <Failure error={devices.error} onRetry={() => void devices.refetch()} />;

  async function signOutThere(deviceId: string, name: string): Promise<void> {
    try {
      await more.signOutDevice(deviceId);
      notify(words.signedOutThere(name));
    } catch (error) {
      notify(problemWords(error));
    }
    await devices.refetch();
  }

  return (
    <Part title={words.devices}>
      <ul className="lines">
        {devices.data?.devices.map(({ deviceId, name, lastSeenOn, current }) => (
          <li className="line" key={deviceId}>
            <span className="line__words">
              <b>{name}</b>
              <span className="person__note">{current ? words.thisDevice : words.lastSeen(lastSeenOn)}</span>
            </span>
            {(current || hasPassword) && (
              <button
                type="button"
                className="button button--quiet"
                aria-label={words.signOutThere(name)}
                onClick={() => void (current ? leave(api.signOut) : signOutThere(deviceId, name))}
              >
                {words.signOut}
              </button>
            )}
          </li>
        ))}
      </ul>
      {hasPassword && (
        <p className="part__act">
          <button type="button" className="button" onClick={() => void leave(more.signOutEverywhere)}>
            {words.everywhere}
          </button>
          <span className="quiet">{words.everywhereLead}</span>
        </p>
      )}
    </Part>
  );
}

/** The new address counts when the link in its letter is opened; then the old one is told. */
function EmailPart() {
  const words = pageStrings.account;
  const [sentTo, setSentTo] = useState<string | null>(null);
  return (
    <Part title={words.email}>
      <p className="quiet">{words.emailLead}</p>
      <Form
        key={sentTo}
        send={words.changeEmail}
        tone="plain"
        onSend={async (given) => {
          const email = given("newEmail").trim();
          await more.changeEmail(email, given("password"));
          setSentTo(email);
        }}
      >
        <Field label={words.newEmail} name="newEmail" type="email" autoComplete="email" maxLength={254} />
        <PasswordField label={words.accountPassword} />
      </Form>
      <p role="status">{sentTo !== null && words.emailSent(sentTo)}</p>
    </Part>
  );
}

function PasswordPart() {
  const words = pageStrings.account;
  const { notify } = useServices();
  const [count, setCount] = useState(0);
  return (
    <Part title={words.password}>
      <Form
        key={count}
        send={words.change}
        tone="plain"
        onSend={async (given) => {
          await more.changePassword(given("current"), given("password"));
          notify(words.saved);
          setCount(count + 1);
        }}
      >
        <PasswordField label={words.currentPassword} name="current" />
        <NewPasswordField label={pageStrings.door.newPassword} />
      </Form>
    </Part>
  );
}

export function AccountPage() {
  const words = pageStrings.account;
  const session = useQuery(sessionQuery);
  const { notify } = useServices();
  const isSignedIn = session.data?.kind === "signed_in";
  const details = useQuery({ queryKey: ["account"], queryFn: more.getAccount, enabled: isSignedIn });
  if (session.isPending) return null;
  if (session.isError) return <Failure error={session.error} onRetry={() => void session.refetch()} />;
  if (session.data.kind === "anonymous") return <Navigate to="/welcome" />;
  const { account, profileId } = session.data;
  const watching = account.profiles.find((profile) => profile.profileId === profileId);

  /** An account of one's own remembers the language everywhere; the demo's are everybody's, and only this device does. */
  async function speak(next: Locale): Promise<void> {
    try {
      if (account.hasPassword) await more.changeLanguage(next);
      chooseLocale(next);
    } catch (error) {
      notify(problemWords(error));
    }
  }

  return (
    <main className="account">
      <title>{strings.pageTitle(words.title)}</title>
      <header className="account__head">
        <Link to="/" aria-label={strings.appName}>
          <Wordmark />
        </Link>
        <Link to="/profiles" className="button button--quiet">
          {words.done}
        </Link>
      </header>
      <h1 className="page__title">{words.title}</h1>
      {details.data?.email != null && (
        <p className="account__email">
          <span className="quiet">{words.signedInAs}</span> {details.data.email}
        </p>
      )}
      {!account.hasPassword && <p className="quiet">{words.demo}</p>}
      <Part title={words.language}>
        <p className="quiet">{words.languageLead}</p>
        <LanguageChoice onChoose={(next) => void speak(next)} />
      </Part>
      <ProfilesPart account={account} />
      {watching !== undefined && <ProfilingPart profile={watching} />}
      <DevicesPart hasPassword={account.hasPassword} />
      {account.hasPassword && <EmailPart />}
      {account.hasPassword && <PasswordPart />}
    </main>
  );
}
