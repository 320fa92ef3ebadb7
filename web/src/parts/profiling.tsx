/** Whether anything is recommended by what the profile does, what that means, and the switch. */
import { more } from "../api/more.ts";
import { strings } from "../strings.ts";
import { pageStrings } from "../strings-of-pages.ts";
import { Icon } from "./icons.tsx";
import { useSayOfTaste } from "./taste.ts";

export function ProfilingSwitch({ profileId, isOn }: { readonly profileId: string; readonly isOn: boolean }) {
  const words = pageStrings.taste;
  const say = useSayOfTaste(profileId);
  const change = () => say(() => more.putProfiling(profileId, !isOn), [isOn ? words.switchedOff : words.switchedOn]);
  return (
    <>
      <label className="switch">
        <input type="checkbox" role="switch" checked={isOn} aria-checked={isOn} onChange={() => void change()} />
        <span className="switch__track" aria-hidden="true" />
        <span>{isOn ? words.profilingOn : words.profilingOff}</span>
      </label>
      <p className="quiet">{isOn ? words.ifOff : words.isOff}</p>
      <a className="textual" href="/recommendations-rules">
        {strings.home.rules} <Icon name="on" />
      </a>
    </>
  );
}
