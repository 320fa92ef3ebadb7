/** Words of the pages that are loaded when they are gone to, in English. See `strings.ts`. */

const count = new Intl.NumberFormat("en");

export const pageStrings = {
  welcome: {
    title: "Who are you tonight?",
    tagline: "A cinema that notices what you like, and says why it shows what it shows.",
    lead: "This is the demo world. Step in as any of its viewers: most have a half year of watching behind them.",
    filter: "Find a viewer by name or country",
    enter: (name: string) => `Sign in as ${name}`,
    profiles: (n: number) => (n === 1 ? "1 profile" : `${count.format(n)} profiles`),
    none: "No viewer of that name.",
    closed: "Signing in is not open here yet.",
    closedLead: "This cinema holds no demo viewers. Its operator can hand out sign-in links.",
  },

  profiles: {
    title: "Who is watching?",
    choose: (name: string) => `Watch as ${name}`,
    kids: (years: number) => (years === 0 ? "For the smallest" : `Up to ${years}+`),
    none: "This account has no profiles.",
  },

  title: {
    watched: "I've watched it",
    watchedDone: "Watched",
    notInterestedDone: "You won't see this one again",
    yourRating: "Your rating",
    stars: (stars: number) => (stars === 1 ? "1 star" : `${stars} stars`),
    clearRating: "Clear rating",
    noRating: "Not rated yet",
    similar: "More like this",
    similarEmpty: "Nothing close enough yet.",
    directors: (n: number) => (n === 1 ? "Director" : "Directors"),
    score: (score: number, votes: number | null) =>
      votes === null ? `${score.toFixed(1)} of 10` : `${score.toFixed(1)} of 10 · ${count.format(votes)} votes`,
    scoreLabel: "Score",
    genres: "Genres",
  },

  myList: {
    title: "My list",
    remove: (name: string) => `Take ${name} off my list`,
    removed: (name: string) => `“${name}” is off your list`,
    emptyTitle: "Your list is empty",
    emptyLead: "Add a film from its page, and it waits for you here.",
  },
};
