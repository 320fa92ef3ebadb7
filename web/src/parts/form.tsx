/** Forms: a labelled field, and a form that sends once at a time and says in words what was not taken. */
import { type FormEvent, type InputHTMLAttributes, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { ApiFailure } from "../api/client.ts";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";

/** A form's own words for a cause come before the general ones. */
export function problemWords(error: unknown): string {
  if (!(error instanceof ApiFailure)) return strings.failures.other;
  return pageStrings.problems[error.kind] ?? strings.failures.causes[error.kind] ?? strings.failures.other;
}

export interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "className" | "id"> {
  readonly label: string;
  readonly hint?: string;
}

export function Field({ label, hint, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className="labelled">
      <label htmlFor={id}>{label}</label>
      <input
        className="field"
        id={id}
        required
        aria-describedby={hint === undefined ? undefined : `${id}h`}
        {...input}
      />
      {hint !== undefined && (
        <p className="labelled__hint" id={`${id}h`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export const EmailField = () => (
  <Field label={pageStrings.door.email} name="email" type="email" autoComplete="username" maxLength={254} />
);

/** As the contract has it, which brings zod. */
const NEW_PASSWORD_CHARACTERS_MIN = 8;
const PASSWORD_CHARACTERS_MAX = 128;

export const PasswordField = ({ label, ...input }: Partial<FieldProps>) => (
  <Field
    label={label ?? pageStrings.door.password}
    name="password"
    type="password"
    autoComplete="current-password"
    maxLength={PASSWORD_CHARACTERS_MAX}
    {...input}
  />
);

export const NewPasswordField = ({ label }: { readonly label: string }) => (
  <Field
    label={label}
    name="password"
    type="password"
    autoComplete="new-password"
    hint={pageStrings.door.passwordHint}
    minLength={NEW_PASSWORD_CHARACTERS_MIN}
    maxLength={PASSWORD_CHARACTERS_MAX}
  />
);

export const PinField = (input: { readonly autoFocus?: boolean }) => (
  <Field
    label={pageStrings.profiles.pin}
    hint={pageStrings.account.pinHint}
    name="pin"
    type="password"
    inputMode="numeric"
    autoComplete="off"
    pattern="[0-9]{4,6}"
    maxLength={6}
    {...input}
  />
);

export interface FormProps {
  /** The fields by name. */
  readonly onSend: (given: (name: string) => string) => Promise<unknown>;
  readonly send: string;
  readonly children?: ReactNode;
  /** Beside the button that sends. */
  readonly others?: ReactNode;
  readonly tone?: "main" | "plain";
}

export function Form({ onSend, send, children, others, tone = "main" }: FormProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  const said = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (problem !== null) said.current?.focus();
  }, [problem]);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    setSending(true);
    setProblem(null);
    try {
      await onSend((name) => String(fields.get(name) ?? ""));
    } catch (error) {
      const isPassword = error instanceof ApiFailure && error.kind === "wrong-credentials" && !fields.has("email");
      setProblem(isPassword ? pageStrings.wrongPassword : problemWords(error));
    } finally {
      setSending(false);
    }
  }

  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      {children}
      {problem !== null && (
        <p className="form__problem" role="alert" tabIndex={-1} ref={said}>
          {problem}
        </p>
      )}
      <div className="form__buttons">
        <button type="submit" className={tone === "main" ? "button button--main" : "button"} disabled={isSending}>
          {send}
        </button>
        {others}
      </div>
    </form>
  );
}
