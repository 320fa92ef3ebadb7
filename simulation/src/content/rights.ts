/**
 * Rights windows of the demo: invented, so that every case of `visibilityOf` has a title that shows it. Days are from
 * the demo's now. The other titles have no row and are unrestricted.
 */
import type { PlanId } from "@thewatcher/contracts/plans";

export interface RightsRow {
  readonly countries?: readonly string[];
  readonly except?: readonly string[];
  readonly plans?: readonly PlanId[];
  readonly from?: number;
  readonly until?: number;
}

export const RIGHTS: Readonly<Record<string, readonly RightsRow[]>> = {
  // Leaves within 14 days
  "film-1617": [{ from: -300, until: 3 }], // The Departed
  "film-2797": [{ from: -200, until: 5.5 }], // Snatch
  "film-1488": [{ from: -90, until: 7 }], // Collateral
  "film-2454": [{ until: 9 }], // Ocean's Twelve
  "film-2710": [{ from: -365, until: 10.5 }], // Stardust
  "film-2300": [{ until: 12 }], // Magnolia
  "film-2210": [{ from: -30, until: 13 }], // The Last Samurai
  "film-2140": [
    { except: ["US"], until: 13.5 },
    { countries: ["US"], until: 200 },
  ], // L.A. Confidential
  // Not in Belarus
  "film-2993": [{ except: ["BY"] }], // Training Day
  "film-2205": [{ except: ["BY"] }], // Lord of War
  "film-2251": [{ except: ["BY"] }], // Man on Fire
  "film-2057": [{ except: ["BY"] }], // Jackie Brown
  "film-2991": [{ except: ["BY"] }], // Traffic
  "film-2038": [{ except: ["BY"] }], // Inside Man
  "film-1477": [{ except: ["BY"] }], // Constantine
  // Not in the USA
  "film-2169": [{ except: ["US"] }], // Equilibrium
  "film-1341": [{ except: ["US"] }], // The Boondock Saints
  "film-2120": [{ except: ["US"] }], // Kingdom of Heaven
  "film-2847": [{ except: ["US"] }], // Starship Troopers
  "film-1197": [{ except: ["US"] }], // Apocalypto
  "film-2373": [{ except: ["US"] }], // Munich
  "series-06": [{ except: ["US"] }],
  // Russia and Belarus only
  "film-0308": [{ countries: ["RU", "BY"], from: -400, until: 500 }], // From Dusk Till Dawn
  "film-1505": [{ countries: ["RU", "BY"], from: -400, until: 500 }], // Crank
  "film-1492": [{ countries: ["RU", "BY"], from: -400, until: 500 }], // Con Air
  // Premium only
  "film-1235": [{ plans: ["premium"] }], // Avatar
  "film-2026": [{ plans: ["premium"] }], // Inception
  "series-08": [{ plans: ["premium"] }],
  // Not in the basic plan
  "film-1267": [{ plans: ["standard", "premium"] }], // The Dark Knight
  "film-2048": [{ plans: ["standard", "premium"] }], // Iron Man
  "film-2998": [{ plans: ["standard", "premium"] }], // Star Trek
  "film-3057": [{ plans: ["standard", "premium"] }], // Up
  "film-2738": [{ plans: ["standard", "premium"] }], // Sherlock Holmes
  // The plan depends on the country
  "film-1947": [{ countries: ["RU"] }, { except: ["RU"], plans: ["premium"] }], // The Hangover
  "film-3101": [{ except: ["US"] }, { countries: ["US"], plans: ["premium"] }], // Watchmen
  // Comes later
  "film-1810": [{ from: 2 }], // Gattaca
  "film-1774": [{ from: 5, until: 370 }], // The Fountain
  "film-2796": [{ from: 12, plans: ["premium"] }], // Sunshine
  "film-0139": [{ from: 30 }], // Brazil
  // In Belarus already, elsewhere later
  "film-1806": [
    { countries: ["BY"], from: -10 },
    { except: ["BY"], from: 20 },
  ], // The Game
  // Gone
  "film-2522": [{ from: -400, until: -3 }], // Planet of the Apes
  "film-3195": [{ until: -20 }], // Zoolander
  // Was here and comes back
  "film-2769": [{ until: -30 }, { from: 14, until: 400 }], // Hannibal
  // Windows that meet: nothing leaves, the plan changes
  "film-2005": [
    { from: -200, until: 6 },
    { from: 6, until: 180, plans: ["premium"] },
  ], // Ice Age
  "film-0727": [{ from: -30, until: 10, plans: ["premium"] }, { from: 10 }], // Predator
};
