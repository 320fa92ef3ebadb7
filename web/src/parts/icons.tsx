/** Drawn marks; all decorative, their buttons are named. */
const drawings = {
  cross: ["M6 6 18 18", "M18 6 6 18"],
  tick: ["M5 12.5 10 17.5 19 7"],
  plus: ["M12 5V19", "M5 12H19"],
  back: ["M15 5 8 12 15 19"],
  on: ["M9 5 16 12 9 19"],
  hide: ["M3 12C7 5.5 17 5.5 21 12 17 18.5 7 18.5 3 12Z", "M5 19 19 5"],
  search: ["M15.500 15.500 21 21", "M17 10A7 7 0 1 1 3 10 7 7 0 1 1 17 10Z"],
  ticket: [
    "M3 8H21V10.500A1.500 1.500 0 0 0 21 13.500V16H3V13.500A1.500 1.500 0 0 0 3 10.500Z",
    "M14.500 8.500V15.500",
  ],
  spark: ["M12 3 13.800 10.200 21 12 13.800 13.800 12 21 10.200 13.800 3 12 10.200 10.200Z"],
} as const;

export function Icon({ name }: { readonly name: keyof typeof drawings }) {
  return (
    <svg className={`icon icon--${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {drawings[name].map((d) => (
        <path key={d} d={d} />
      ))}
    </svg>
  );
}

export function Wordmark() {
  return (
    <span className="wordmark">
      <svg className="wordmark__eye" viewBox="0 0 32 20" aria-hidden="true" focusable="false">
        <path d="M1 10C7-1.500 25-1.500 31 10 25 21.500 7 21.500 1 10Z" fill="currentColor" />
        <circle className="wordmark__iris" cx="16" cy="10" r="6.600" />
        <path d="M16 5.800 20.200 10 16 14.200 11.800 10Z" fill="currentColor" />
      </svg>
      The<b>Watcher</b>
    </span>
  );
}
