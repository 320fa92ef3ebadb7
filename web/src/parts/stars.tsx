/** Stars in half steps, as the contract has them. A native range: arrow keys, screen readers and touch come with it. */
import { type ChangeEvent, useEffect, useRef, useState } from "react";
import { useServices } from "../services.ts";
import { pageStrings } from "../strings-of-pages.ts";

/** Two presses of one movement are closer than this. */
const KEYS_REST_MS = 700;

export interface StarsProps {
  readonly stars: number | null;
  readonly onRate: (stars: number | null) => void;
}

export function Stars({ stars, onRate }: StarsProps) {
  // While a finger or an arrow key moves, only the picture follows; the rating is said when it rests.
  const [moving, setMoving] = useState<number | null>(null);
  const shown = moving ?? stars ?? 0;

  const { schedule } = useServices();
  const cancelRest = useRef<(() => void) | null>(null);

  const settle = () => {
    cancelRest.current?.();
    if (moving !== null && moving > 0 && moving !== stars) onRate(moving);
    setMoving(null);
  };

  /** Arrow keys pass over the steps between: the rating is the one that they stop at. */
  const rest = () => {
    cancelRest.current?.();
    cancelRest.current = schedule(() => latest.current(), KEYS_REST_MS);
  };
  const latest = useRef(settle);
  useEffect(() => {
    latest.current = settle;
  });

  return (
    <div className="stars">
      <label className="stars__field">
        <span className="stars__label">{pageStrings.title.yourRating}</span>
        <span className="stars__scale">
          <svg className="stars__art" viewBox="0 0 120 24" aria-hidden="true" focusable="false">
            {[0, 1, 2, 3, 4].map((i) => (
              <g key={i} transform={`translate(${i * 24} 0)`}>
                <path
                  className="stars__empty"
                  d="M12 3.200 14.700 9 21 9.700 16.300 14 17.600 20.300 12 17.100 6.400 20.300 7.700 14 3 9.700 9.300 9Z"
                />
                <svg width={Math.min(1, Math.max(0, shown - i)) * 24} height="24" aria-hidden="true">
                  <path
                    className="stars__full"
                    d="M12 3.200 14.700 9 21 9.700 16.300 14 17.600 20.300 12 17.100 6.400 20.300 7.700 14 3 9.700 9.300 9Z"
                  />
                </svg>
              </g>
            ))}
          </svg>
          <input
            type="range"
            min={0}
            max={5}
            step={0.5}
            value={shown}
            aria-valuetext={shown === 0 ? pageStrings.title.noRating : pageStrings.title.stars(shown)}
            onChange={(event: ChangeEvent<HTMLInputElement>) => setMoving(event.target.valueAsNumber)}
            onPointerUp={settle}
            onKeyUp={rest}
            onBlur={settle}
          />
        </span>
      </label>
      <span className="stars__value" aria-live="polite">
        {shown === 0 ? pageStrings.title.noRating : pageStrings.title.stars(shown)}
      </span>
      {stars !== null && (
        <button type="button" className="stars__clear" onClick={() => onRate(null)}>
          {pageStrings.title.clearRating}
        </button>
      )}
    </div>
  );
}
