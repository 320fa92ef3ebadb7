/** The one notice at the foot of the screen, said aloud to screen readers too. */
import { useServices } from "../services.ts";
import { useStore } from "../store.ts";
import { strings } from "../strings.ts";
import { Icon } from "./icons.tsx";

export function Notices() {
  const { notice } = useServices();
  const shown = useStore(notice);
  return (
    <div className="notices" role="status" aria-live="polite">
      {shown !== null && (
        <div className="notice" key={shown.id}>
          <span>{shown.text}</span>
          {shown.action !== undefined && (
            <button
              type="button"
              className="notice__action"
              onClick={() => {
                shown.action?.run();
                notice.set(null);
              }}
            >
              {shown.action.label}
            </button>
          )}
          <button
            type="button"
            className="notice__dismiss"
            aria-label={strings.dismiss}
            onClick={() => notice.set(null)}
          >
            <Icon name="cross" />
          </button>
        </div>
      )}
    </div>
  );
}
