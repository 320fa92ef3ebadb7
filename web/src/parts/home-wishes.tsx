/** What suits tonight: how long there is, and who watches along. */
import { useId } from "react";
import type { HomeWishes } from "../api/client.ts";
import { strings } from "../strings.ts";
import { Icon } from "./icons.tsx";
import { useViewer } from "./viewer.ts";

const MINUTES = [30, 60, 95, 120, 150] as const;

function Pick({
  label,
  value,
  options,
  onPick,
}: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, words: string])[];
  readonly onPick: (value: string) => void;
}) {
  const id = useId();
  return (
    <span className="wish">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className={value === "" ? "chip" : "chip chip--set"}
        value={value}
        onChange={(event) => onPick(event.target.value)}
      >
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </span>
  );
}

export function WishesOfHome({
  wishes,
  onChange,
}: {
  readonly wishes: HomeWishes;
  readonly onChange: (wishes: HomeWishes) => void;
}) {
  const words = strings.home;
  const { account, profileId } = useViewer();
  const others = account.profiles.filter((profile) => profile.profileId !== profileId);
  const change = (name: keyof HomeWishes) => (value: string) => {
    const { [name]: _, ...rest } = wishes;
    onChange(value === "" ? rest : { ...rest, [name]: value });
  };
  return (
    <fieldset className="tonight">
      <legend className="unseen">{words.wishes}</legend>
      <Pick
        label={words.minutes}
        value={wishes.minutes ?? ""}
        options={[["", words.anyLength], ...MINUTES.map((n) => [String(n), words.minutesOf(n)] as const)]}
        onPick={change("minutes")}
      />
      {others.length > 0 && (
        <Pick
          label={words.along}
          value={wishes.with ?? ""}
          options={[["", words.alone], ...others.map((one) => [one.profileId, one.name] as const)]}
          onPick={change("with")}
        />
      )}
      {Object.keys(wishes).length > 0 && (
        <button type="button" className="button button--quiet tonight__drop" onClick={() => onChange({})}>
          <Icon name="cross" /> {words.dropWishes}
        </button>
      )}
    </fieldset>
  );
}
