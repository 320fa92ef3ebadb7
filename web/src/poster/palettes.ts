/**
 * Colours of drawn posters. `ground` carries the lettering in `ink` (contrast ≥ 4.5, tested); `field` is the art's
 * background, `a` and `b` its lights, `c` its darkest tone. Genres choose among palettes in `genres.ts`.
 */
export interface Palette {
  readonly ground: string;
  readonly ink: string;
  readonly field: string;
  readonly a: string;
  readonly b: string;
  readonly c: string;
}

const make = (ground: string, ink: string, field: string, a: string, b: string, c: string): Palette => ({
  ground,
  ink,
  field,
  a,
  b,
  c,
});

export const palettes = {
  ember: make("#1c0f13", "#ffe9d6", "#c8321f", "#ff7a3d", "#ffd08a", "#5a1420"),
  dusk: make("#171a3a", "#f4ead7", "#3b3f86", "#f2876b", "#ffd9a0", "#0e1028"),
  sea: make("#0c2b34", "#eaf4ee", "#1e6f7c", "#8fd0c4", "#f3d9a4", "#07191f"),
  cream: make("#f0e4cd", "#231a16", "#f0e4cd", "#d5472f", "#e9a93a", "#1f4e5f"),
  butter: make("#f6c945", "#1d1a15", "#f6c945", "#e2502f", "#fff6dd", "#2b4a8a"),
  rose: make("#f3b7b0", "#3a1020", "#f3b7b0", "#c5283d", "#fff0e4", "#7d1d3f"),
  wine: make("#3b0d24", "#ffe3dd", "#7d1d3f", "#f26a6a", "#ffc7a8", "#23061a"),
  mint: make("#bfe0cd", "#12302b", "#bfe0cd", "#23766a", "#f4f0df", "#ee6f4c"),
  night: make("#0b0d14", "#e9ecf5", "#1b2540", "#c9d3ea", "#5a6a92", "#06070b"),
  acid: make("#12140c", "#f1f7d8", "#2a3512", "#b9dc3a", "#5d7f1f", "#070805"),
  blood: make("#120607", "#f7dede", "#4a0b10", "#c2141f", "#f0e6d8", "#080203"),
  bone: make("#e6dfd3", "#1a1413", "#e6dfd3", "#8e1b1b", "#bdb2a2", "#3a302c"),
  cobalt: make("#12307e", "#f5f1e3", "#1d46b4", "#f5c33b", "#ef5a3c", "#0a1d52"),
  steel: make("#1a2026", "#eef2f3", "#37444f", "#f26b21", "#b7c3ca", "#0d1114"),
  sand: make("#6a2c17", "#ffeccb", "#f2c98a", "#e2703a", "#fff0cf", "#b5451f"),
  dune: make("#3a2114", "#f9e6c4", "#e9a15a", "#ffe0a6", "#c25a2a", "#7a3519"),
  forest: make("#10251b", "#eaf2df", "#2c5b40", "#9cc27a", "#f0d98c", "#081510"),
  violet: make("#1b1033", "#f2eaff", "#3d2380", "#a67bff", "#ff8bc4", "#0c0719"),
  neon: make("#0f0a1f", "#fdf0ff", "#241457", "#ff3d8b", "#39d0ff", "#070412"),
  sky: make("#174f8f", "#fff8e6", "#8fc9f0", "#ffce4f", "#ffffff", "#2f80c9"),
  candy: make("#ef7d78", "#2b0d12", "#ef7d78", "#fff3da", "#ffc94d", "#6a2140"),
  paper: make("#ece8df", "#16181a", "#ece8df", "#c8432b", "#9a9488", "#16181a"),
  olive: make("#2b2d1c", "#f1ead0", "#6b6d3c", "#d9c27a", "#a8452c", "#15160d"),
  slate: make("#20303a", "#f0ede4", "#4f6d7a", "#e8b15c", "#dbe4e2", "#111b21"),
} as const satisfies Record<string, Palette>;

export type PaletteName = keyof typeof palettes;
