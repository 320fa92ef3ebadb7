/**
 * The doors beside the welcome page: sign-up and what the links in our letters open. A link's token stands in the fragment,
 * which browsers send to nobody; it leaves the address as soon as it is read.
 */
import { useQueryClient } from "@tanstack/react-query";
import type { SessionView } from "@thewatcher/contracts/api/session";
import { type ReactNode, useEffect, useState } from "react";
import { more } from "../api/more.ts";
import { sessionQuery } from "../api/queries.ts";
import { locale } from "../locale.ts";
import { EmailField, Form, NewPasswordField, PasswordField } from "../parts/form.tsx";
import { Wordmark } from "../parts/icons.tsx";
import { LanguageChoice } from "../parts/language-choice.tsx";
import { Link, useNavigate } from "../routing/router.tsx";
import { useServices } from "../services.ts";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";

function Door({
  title,
  lead,
  children,
}: {
  readonly title: string;
  readonly lead?: string;
  readonly children?: ReactNode;
}) {
  return (
    <main className="door">
      <title>{strings.pageTitle(title)}</title>
      <Link to="/welcome" className="door__brand" aria-label={strings.appName}>
        <Wordmark />
      </Link>
      <div className="door__sheet">
        <h1 className="door__title">{title}</h1>
        {lead !== undefined && <p className="quiet">{lead}</p>}
        {children}
      </div>
      <LanguageChoice />
    </main>
  );
}

const toSignIn = () => (
  <Link to="/enter" className="button button--quiet">
    {pageStrings.door.haveAccount}
  </Link>
);

/** The same answer whoever has an account: the rest is told to who reads the mail. */
function MailSaid({ email, onAgain }: { readonly email: string; readonly onAgain?: () => Promise<unknown> }) {
  const words = pageStrings.door;
  const { notify } = useServices();
  return (
    <Door title={words.mailTitle} lead={words.mailLead(email)}>
      {onAgain === undefined ? (
        toSignIn()
      ) : (
        <Form
          send={words.mailAgain}
          tone="plain"
          onSend={async () => {
            await onAgain();
            notify(words.mailAgainSaid);
          }}
          others={toSignIn()}
        />
      )}
    </Door>
  );
}

/** The form alone: the welcome page shows it where there is no demo world. */
export function SignInForm() {
  const words = pageStrings.door;
  const enter = useEnter();
  return (
    <Form
      send={words.signIn}
      onSend={async (given) => enter(await more.signIn(given("email"), given("password")))}
      others={
        <Link to="/join" className="button">
          {words.signUp}
        </Link>
      }
    >
      <EmailField />
      <PasswordField />
      <Link to="/forgot" className="door__forgot">
        {words.forgot}
      </Link>
    </Form>
  );
}

export function Enter() {
  return (
    <Door title={pageStrings.door.signIn}>
      <SignInForm />
    </Door>
  );
}

export function Join() {
  const words = pageStrings.door;
  const [sentTo, setSentTo] = useState<string | null>(null);
  if (sentTo !== null) return <MailSaid email={sentTo} onAgain={() => more.resendSignUp(sentTo)} />;
  return (
    <Door title={words.joinTitle} lead={words.joinLead}>
      <Form
        send={words.join}
        onSend={async (given) => {
          await more.signUp(given("email"), given("password"), locale());
          setSentTo(given("email"));
        }}
        others={toSignIn()}
      >
        <EmailField />
        <NewPasswordField label={words.password} />
      </Form>
    </Door>
  );
}

export function Forgot() {
  const words = pageStrings.door;
  const [sentTo, setSentTo] = useState<string | null>(null);
  if (sentTo !== null) return <MailSaid email={sentTo} />;
  return (
    <Door title={words.forgotTitle} lead={words.forgotLead}>
      <Form
        send={words.join}
        onSend={async (given) => {
          await more.askForReset(given("email"));
          setSentTo(given("email"));
        }}
        others={toSignIn()}
      >
        <EmailField />
      </Form>
    </Door>
  );
}

/** Read once, then out of the address bar and the history. */
function useLinkToken(): string | null {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get("token"));
  useEffect(() => history.replaceState(history.state, "", location.pathname), []);
  return token;
}

function useEnter() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async (view: SessionView) => {
    queries.setQueryData(sessionQuery.queryKey, view);
    await navigate({ to: view.kind === "signed_in" && view.profileId !== null ? "/" : "/profiles" });
  };
}

export function Verify() {
  const words = pageStrings.door;
  const token = useLinkToken();
  const enter = useEnter();
  if (token === null) return <Door title={words.verifyTitle} lead={words.noToken} />;
  return (
    <Door title={words.verifyTitle} lead={words.verifyLead}>
      <Form send={words.verify} onSend={async (given) => enter(await more.verifySignUp(token, given("password")))}>
        <PasswordField />
      </Form>
    </Door>
  );
}

export function Reset() {
  const words = pageStrings.door;
  const token = useLinkToken();
  const navigate = useNavigate();
  const { notify } = useServices();
  if (token === null) return <Door title={words.forgotTitle} lead={words.noToken} />;
  return (
    <Door title={words.forgotTitle} lead={words.resetLead}>
      <Form
        send={words.reset}
        onSend={async (given) => {
          await more.resetPassword(token, given("password"));
          notify(words.resetDone);
          await navigate({ to: "/enter" });
        }}
      >
        <NewPasswordField label={words.newPassword} />
      </Form>
    </Door>
  );
}

export function ConfirmEmail() {
  const words = pageStrings.door;
  const token = useLinkToken();
  const navigate = useNavigate();
  const { notify } = useServices();
  if (token === null) return <Door title={words.confirmTitle} lead={words.noToken} />;
  return (
    <Door title={words.confirmTitle} lead={words.confirmLead}>
      <Form
        send={words.confirm}
        onSend={async () => {
          await more.confirmEmail(token);
          notify(words.confirmDone);
          await navigate({ to: "/" });
        }}
      />
    </Door>
  );
}
