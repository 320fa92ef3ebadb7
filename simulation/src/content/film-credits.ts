/**
 * Who made and who plays in the 150 films: directors, then three to five leading roles, by the English names of
 * `people.ts`. The source file knows at most one director of a film, and no actors.
 */
import type { FILM_NAMES } from "./film-names.ts";

export interface CreditRow {
  readonly by: readonly string[];
  readonly cast: readonly string[];
}

export const FILM_CREDITS = {
  "film-0842": { by: ["Frank Darabont"], cast: ["Tim Robbins", "Morgan Freeman", "Bob Gunton", "William Sadler"] },
  "film-1267": {
    by: ["Christopher Nolan"],
    cast: ["Christian Bale", "Heath Ledger", "Aaron Eckhart", "Michael Caine", "Gary Oldman"],
  },
  "film-0742": {
    by: ["Quentin Tarantino"],
    cast: ["John Travolta", "Samuel L. Jackson", "Uma Thurman", "Bruce Willis"],
  },
  "film-0370": {
    by: ["Francis Ford Coppola"],
    cast: ["Marlon Brando", "Al Pacino", "James Caan", "Robert Duvall", "Diane Keaton"],
  },
  "film-2204": {
    by: ["Peter Jackson"],
    cast: ["Elijah Wood", "Ian McKellen", "Viggo Mortensen", "Sean Astin", "Orlando Bloom"],
  },
  "film-1748": { by: ["David Fincher"], cast: ["Brad Pitt", "Edward Norton", "Helena Bonham Carter", "Meat Loaf"] },
  "film-2260": {
    by: ["Lana Wachowski", "Lilly Wachowski"],
    cast: ["Keanu Reeves", "Laurence Fishburne", "Carrie-Anne Moss", "Hugo Weaving"],
  },
  "film-2203": {
    by: ["Peter Jackson"],
    cast: ["Elijah Wood", "Ian McKellen", "Viggo Mortensen", "Sean Astin", "Andy Serkis"],
  },
  "film-2202": {
    by: ["Peter Jackson"],
    cast: ["Elijah Wood", "Ian McKellen", "Viggo Mortensen", "Orlando Bloom", "Andy Serkis"],
  },
  "film-0341": { by: ["Robert Zemeckis"], cast: ["Tom Hanks", "Robin Wright", "Gary Sinise", "Sally Field"] },
  "film-1160": { by: ["Sam Mendes"], cast: ["Kevin Spacey", "Annette Bening", "Thora Birch", "Wes Bentley"] },
  "film-1834": { by: ["Ridley Scott"], cast: ["Russell Crowe", "Joaquin Phoenix", "Connie Nielsen", "Oliver Reed"] },
  "film-0809": { by: ["David Fincher"], cast: ["Brad Pitt", "Morgan Freeman", "Gwyneth Paltrow"] },
  "film-0817": { by: ["Steven Spielberg"], cast: ["Liam Neeson", "Ben Kingsley", "Ralph Fiennes"] },
  "film-2292": { by: ["Christopher Nolan"], cast: ["Guy Pearce", "Carrie-Anne Moss", "Joe Pantoliano"] },
  "film-1265": {
    by: ["Christopher Nolan"],
    cast: ["Christian Bale", "Michael Caine", "Liam Neeson", "Katie Holmes", "Gary Oldman"],
  },
  "film-2894": { by: ["Steven Spielberg"], cast: ["Tom Hanks", "Tom Sizemore", "Edward Burns", "Matt Damon"] },
  "film-0860": {
    by: ["Bryan Singer"],
    cast: ["Kevin Spacey", "Gabriel Byrne", "Benicio del Toro", "Chazz Palminteri"],
  },
  "film-1617": {
    by: ["Martin Scorsese"],
    cast: ["Leonardo DiCaprio", "Matt Damon", "Jack Nicholson", "Mark Wahlberg"],
  },
  "film-1235": { by: ["James Cameron"], cast: ["Sam Worthington", "Zoe Saldana", "Sigourney Weaver", "Stephen Lang"] },
  "film-2756": {
    by: ["Robert Rodriguez", "Frank Miller"],
    cast: ["Mickey Rourke", "Bruce Willis", "Clive Owen", "Jessica Alba"],
  },
  "film-0367": { by: ["Francis Ford Coppola"], cast: ["Al Pacino", "Robert De Niro", "Robert Duvall", "Diane Keaton"] },
  "film-0846": { by: ["Jonathan Demme"], cast: ["Jodie Foster", "Anthony Hopkins", "Scott Glenn"] },
  "film-0768": { by: ["Steven Spielberg"], cast: ["Harrison Ford", "Karen Allen", "Paul Freeman"] },
  "film-2971": { by: ["James Cameron"], cast: ["Leonardo DiCaprio", "Kate Winslet", "Billy Zane", "Kathy Bates"] },
  "film-0137": { by: ["Mel Gibson"], cast: ["Mel Gibson", "Sophie Marceau", "Patrick McGoohan"] },
  "film-2758": { by: ["M. Night Shyamalan"], cast: ["Bruce Willis", "Haley Joel Osment", "Toni Collette"] },
  "film-0972": {
    by: ["James Cameron"],
    cast: ["Arnold Schwarzenegger", "Linda Hamilton", "Edward Furlong", "Robert Patrick"],
  },
  "film-1091": { by: ["Zack Snyder"], cast: ["Gerard Butler", "Lena Headey", "David Wenham", "Dominic West"] },
  "film-2507": { by: ["Gore Verbinski"], cast: ["Johnny Depp", "Geoffrey Rush", "Orlando Bloom", "Keira Knightley"] },
  "film-2118": { by: ["Quentin Tarantino"], cast: ["Uma Thurman", "Lucy Liu", "Vivica A. Fox", "Daryl Hannah"] },
  "film-0369": { by: ["Martin Scorsese"], cast: ["Ray Liotta", "Robert De Niro", "Joe Pesci", "Lorraine Bracco"] },
  "film-1165": { by: ["Tony Kaye"], cast: ["Edward Norton", "Edward Furlong", "Beverly D'Angelo"] },
  "film-3073": { by: ["James McTeigue"], cast: ["Natalie Portman", "Hugo Weaving", "Stephen Rea", "John Hurt"] },
  "film-1699": {
    by: ["Michel Gondry"],
    cast: ["Jim Carrey", "Kate Winslet", "Kirsten Dunst", "Mark Ruffalo", "Elijah Wood"],
  },
  "film-0676": { by: ["Milos Forman"], cast: ["Jack Nicholson", "Louise Fletcher", "Will Sampson", "Danny DeVito"] },
  "film-0767": { by: ["Quentin Tarantino"], cast: ["Harvey Keitel", "Tim Roth", "Michael Madsen", "Steve Buscemi"] },
  "film-1549": {
    by: ["Richard Kelly"],
    cast: ["Jake Gyllenhaal", "Jena Malone", "Maggie Gyllenhaal", "Patrick Swayze"],
  },
  "film-2567": {
    by: ["Christopher Nolan"],
    cast: ["Hugh Jackman", "Christian Bale", "Michael Caine", "Scarlett Johansson"],
  },
  "film-0077": {
    by: ["Robert Zemeckis"],
    cast: ["Michael J. Fox", "Christopher Lloyd", "Lea Thompson", "Crispin Glover"],
  },
  "film-0730": { by: ["Luc Besson"], cast: ["Jean Reno", "Natalie Portman", "Gary Oldman", "Danny Aiello"] },
  "film-1839": {
    by: ["Frank Darabont"],
    cast: ["Tom Hanks", "Michael Clarke Duncan", "David Morse", "James Cromwell"],
  },
  "film-2404": {
    by: ["Joel Coen", "Ethan Coen"],
    cast: ["Tommy Lee Jones", "Javier Bardem", "Josh Brolin", "Woody Harrelson"],
  },
  "film-2941": { by: ["Michael Bay"], cast: ["Shia LaBeouf", "Megan Fox", "Josh Duhamel", "Jon Voight"] },
  "film-2026": {
    by: ["Christopher Nolan"],
    cast: ["Leonardo DiCaprio", "Joseph Gordon-Levitt", "Elliot Page", "Tom Hardy", "Marion Cotillard"],
  },
  "film-0110": { by: ["Ridley Scott"], cast: ["Harrison Ford", "Rutger Hauer", "Sean Young", "Daryl Hannah"] },
  "film-2655": {
    by: ["Darren Aronofsky"],
    cast: ["Ellen Burstyn", "Jared Leto", "Jennifer Connelly", "Marlon Wayans"],
  },
  "film-2117": {
    by: ["Quentin Tarantino"],
    cast: ["Uma Thurman", "David Carradine", "Michael Madsen", "Daryl Hannah"],
  },
  "film-3096": { by: ["Andrew Stanton"], cast: ["Ben Burtt", "Elissa Knight", "Jeff Garlin", "Sigourney Weaver"] },
  "film-1164": { by: ["Jean-Pierre Jeunet"], cast: ["Audrey Tautou", "Mathieu Kassovitz", "Dominique Pinon"] },
  "film-1144": { by: ["Ridley Scott"], cast: ["Sigourney Weaver", "Tom Skerritt", "John Hurt", "Ian Holm"] },
  "film-0974": { by: ["James Cameron"], cast: ["Arnold Schwarzenegger", "Linda Hamilton", "Michael Biehn"] },
  "film-1392": {
    by: ["Quentin Tarantino"],
    cast: ["Brad Pitt", "Christoph Waltz", "Mélanie Laurent", "Michael Fassbender", "Diane Kruger"],
  },
  "film-1305": {
    by: ["Joel Coen", "Ethan Coen"],
    cast: ["Jeff Bridges", "John Goodman", "Julianne Moore", "Steve Buscemi"],
  },
  "film-0838": {
    by: ["Stanley Kubrick"],
    cast: ["Jack Nicholson", "Shelley Duvall", "Danny Lloyd", "Scatman Crothers"],
  },
  "film-2775": { by: ["Danny Boyle"], cast: ["Dev Patel", "Freida Pinto", "Anil Kapoor", "Irrfan Khan"] },
  "film-2048": {
    by: ["Jon Favreau"],
    cast: ["Robert Downey Jr.", "Gwyneth Paltrow", "Jeff Bridges", "Terrence Howard"],
  },
  "film-2797": {
    by: ["Guy Ritchie"],
    cast: ["Jason Statham", "Brad Pitt", "Benicio del Toro", "Vinnie Jones", "Alan Ford"],
  },
  "film-0062": {
    by: ["Francis Ford Coppola"],
    cast: ["Martin Sheen", "Marlon Brando", "Robert Duvall", "Dennis Hopper"],
  },
  "film-2065": { by: ["Martin Campbell"], cast: ["Daniel Craig", "Eva Green", "Mads Mikkelsen", "Judi Dench"] },
  "film-0642": {
    by: ["Steven Spielberg"],
    cast: ["Harrison Ford", "Sean Connery", "Alison Doody", "John Rhys-Davies"],
  },
  "film-0021": { by: ["Terry Gilliam"], cast: ["Bruce Willis", "Madeleine Stowe", "Brad Pitt", "Christopher Plummer"] },
  "film-0214": { by: ["Michael Curtiz"], cast: ["Humphrey Bogart", "Ingrid Bergman", "Paul Henreid", "Claude Rains"] },
  "film-2826": { by: ["Sam Raimi"], cast: ["Tobey Maguire", "Willem Dafoe", "Kirsten Dunst", "James Franco"] },
  "film-1529": {
    by: ["Fernando Meirelles", "Kátia Lund"],
    cast: ["Alexandre Rodrigues", "Leandro Firmino", "Alice Braga"],
  },
  "film-2140": { by: ["Curtis Hanson"], cast: ["Kevin Spacey", "Russell Crowe", "Guy Pearce", "Kim Basinger"] },
  "film-0349": {
    by: ["Joel Coen", "Ethan Coen"],
    cast: ["Frances McDormand", "William H. Macy", "Steve Buscemi", "Peter Stormare"],
  },
  "film-1770": {
    by: ["Andrew Stanton", "Lee Unkrich"],
    cast: ["Albert Brooks", "Ellen DeGeneres", "Alexander Gould", "Willem Dafoe"],
  },
  "film-2741": {
    by: ["Andrew Adamson", "Vicky Jenson"],
    cast: ["Mike Myers", "Eddie Murphy", "Cameron Diaz", "John Lithgow"],
  },
  "film-0025": { by: ["Stanley Kubrick"], cast: ["Keir Dullea", "Gary Lockwood", "Douglas Rain"] },
  "film-2405": { by: ["Brad Bird"], cast: ["Craig T. Nelson", "Holly Hunter", "Samuel L. Jackson", "Jason Lee"] },
  "film-1449": { by: ["Alfonso Cuarón"], cast: ["Clive Owen", "Julianne Moore", "Michael Caine", "Chiwetel Ejiofor"] },
  "film-3008": { by: ["Peter Weir"], cast: ["Jim Carrey", "Laura Linney", "Ed Harris", "Noah Emmerich"] },
  "film-0991": {
    by: ["Martin Scorsese"],
    cast: ["Robert De Niro", "Jodie Foster", "Harvey Keitel", "Cybill Shepherd"],
  },
  "film-0608": {
    by: ["Terry Gilliam", "Terry Jones"],
    cast: ["Graham Chapman", "John Cleese", "Eric Idle", "Michael Palin"],
  },
  "film-2488": { by: ["Guillermo del Toro"], cast: ["Ivana Baquero", "Sergi López", "Maribel Verdú", "Doug Jones"] },
  "film-2161": { by: ["Francis Lawrence"], cast: ["Will Smith", "Alice Braga", "Dash Mihok"] },
  "film-0816": {
    by: ["Brian De Palma"],
    cast: ["Al Pacino", "Steven Bauer", "Michelle Pfeiffer", "Mary Elizabeth Mastrantonio"],
  },
  "film-1592": { by: ["Neill Blomkamp"], cast: ["Sharlto Copley", "Jason Cope", "David James"] },
  "film-0486": { by: ["Steven Spielberg"], cast: ["Sam Neill", "Laura Dern", "Jeff Goldblum", "Richard Attenborough"] },
  "film-0993": { by: ["John Lasseter"], cast: ["Tom Hanks", "Tim Allen", "Don Rickles", "John Ratzenberger"] },
  "film-2187": {
    by: ["Jonathan Dayton", "Valerie Faris"],
    cast: ["Abigail Breslin", "Greg Kinnear", "Toni Collette", "Steve Carell", "Alan Arkin"],
  },
  "film-0967": { by: ["Danny Boyle"], cast: ["Ewan McGregor", "Ewen Bremner", "Jonny Lee Miller", "Robert Carlyle"] },
  "film-2508": { by: ["Gore Verbinski"], cast: ["Johnny Depp", "Orlando Bloom", "Keira Knightley", "Bill Nighy"] },
  "film-1853": {
    by: ["Gus Van Sant"],
    cast: ["Matt Damon", "Robin Williams", "Ben Affleck", "Minnie Driver", "Stellan Skarsgård"],
  },
  "film-2100": { by: ["Jason Reitman"], cast: ["Elliot Page", "Michael Cera", "Jennifer Garner", "J.K. Simmons"] },
  "film-0456": { by: ["Roland Emmerich"], cast: ["Will Smith", "Bill Pullman", "Jeff Goldblum"] },
  "film-2365": {
    by: ["Lana Wachowski", "Lilly Wachowski"],
    cast: ["Keanu Reeves", "Laurence Fishburne", "Carrie-Anne Moss", "Hugo Weaving"],
  },
  "film-1356": { by: ["Paul Greengrass"], cast: ["Matt Damon", "Julia Stiles", "David Strathairn", "Joan Allen"] },
  "film-2824": { by: ["Sam Raimi"], cast: ["Tobey Maguire", "Kirsten Dunst", "Alfred Molina", "James Franco"] },
  "film-2825": {
    by: ["Sam Raimi"],
    cast: ["Tobey Maguire", "Kirsten Dunst", "James Franco", "Thomas Haden Church", "Topher Grace"],
  },
  "film-2282": { by: ["Clint Eastwood"], cast: ["Hilary Swank", "Clint Eastwood", "Morgan Freeman"] },
  "film-1301": {
    by: ["Tim Burton"],
    cast: ["Ewan McGregor", "Albert Finney", "Billy Crudup", "Jessica Lange", "Helena Bonham Carter"],
  },
  "film-2453": {
    by: ["Steven Soderbergh"],
    cast: ["George Clooney", "Brad Pitt", "Matt Damon", "Julia Roberts", "Andy García"],
  },
  "film-0488": { by: ["Steven Spielberg"], cast: ["Roy Scheider", "Robert Shaw", "Richard Dreyfuss"] },
  "film-1271": { by: ["David Fincher"], cast: ["Brad Pitt", "Cate Blanchett", "Taraji P. Henson", "Tilda Swinton"] },
  "film-0536": {
    by: ["Roger Allers", "Rob Minkoff"],
    cast: ["Matthew Broderick", "Jeremy Irons", "James Earl Jones", "Nathan Lane"],
  },
  "film-1064": { by: ["Matt Reeves"], cast: ["Michael Stahl-David", "Lizzy Caplan", "T.J. Miller", "Odette Yustman"] },
  "film-2348": { by: ["Steven Spielberg"], cast: ["Tom Cruise", "Colin Farrell", "Samantha Morton", "Max von Sydow"] },
  "film-2030": { by: ["Steven Spielberg"], cast: ["Harrison Ford", "Cate Blanchett", "Shia LaBeouf", "Karen Allen"] },
  "film-0390": { by: ["Harold Ramis"], cast: ["Bill Murray", "Andie MacDowell", "Chris Elliott"] },
  "film-2728": { by: ["Edgar Wright"], cast: ["Simon Pegg", "Nick Frost", "Kate Ashfield", "Bill Nighy"] },
  "film-2505": { by: ["Roman Polanski"], cast: ["Adrien Brody", "Thomas Kretschmann", "Emilia Fox"] },
  "film-2813": { by: ["Greg Mottola"], cast: ["Jonah Hill", "Michael Cera", "Christopher Mintz-Plasse", "Emma Stone"] },
  "film-2998": {
    by: ["J.J. Abrams"],
    cast: ["Chris Pine", "Zachary Quinto", "Zoe Saldana", "Eric Bana", "Simon Pegg"],
  },
  "film-2509": { by: ["Gore Verbinski"], cast: ["Johnny Depp", "Geoffrey Rush", "Orlando Bloom", "Keira Knightley"] },
  "film-2124": { by: ["Peter Jackson"], cast: ["Naomi Watts", "Jack Black", "Adrien Brody", "Andy Serkis"] },
  "film-3101": { by: ["Zack Snyder"], cast: ["Malin Åkerman", "Billy Crudup", "Jackie Earle Haley", "Patrick Wilson"] },
  "film-1976": {
    by: ["Chris Columbus"],
    cast: ["Daniel Radcliffe", "Rupert Grint", "Emma Watson", "Richard Harris", "Alan Rickman"],
  },
  "film-2597": { by: ["Brad Bird"], cast: ["Patton Oswalt", "Lou Romano", "Ian Holm", "Peter O'Toole"] },
  "film-1736": { by: ["Luc Besson"], cast: ["Bruce Willis", "Milla Jovovich", "Gary Oldman", "Ian Holm"] },
  "film-2214": { by: ["Sofia Coppola"], cast: ["Bill Murray", "Scarlett Johansson", "Giovanni Ribisi"] },
  "film-1587": {
    by: ["Len Wiseman"],
    cast: ["Bruce Willis", "Justin Long", "Timothy Olyphant", "Mary Elizabeth Winstead"],
  },
  "film-1988": { by: ["Edgar Wright"], cast: ["Simon Pegg", "Nick Frost", "Timothy Dalton", "Jim Broadbent"] },
  "film-3005": { by: ["Wolfgang Petersen"], cast: ["Brad Pitt", "Eric Bana", "Orlando Bloom", "Diane Kruger"] },
  "film-1947": { by: ["Todd Phillips"], cast: ["Bradley Cooper", "Ed Helms", "Zach Galifianakis", "Justin Bartha"] },
  "film-1338": { by: ["Ron Howard"], cast: ["Russell Crowe", "Jennifer Connelly", "Ed Harris", "Paul Bettany"] },
  "film-0728": { by: ["Rob Reiner"], cast: ["Cary Elwes", "Robin Wright", "Mandy Patinkin", "Chris Sarandon"] },
  "film-2366": {
    by: ["Lana Wachowski", "Lilly Wachowski"],
    cast: ["Keanu Reeves", "Laurence Fishburne", "Carrie-Anne Moss", "Hugo Weaving"],
  },
  "film-1354": { by: ["Doug Liman"], cast: ["Matt Damon", "Franka Potente", "Chris Cooper", "Clive Owen"] },
  "film-2300": {
    by: ["Paul Thomas Anderson"],
    cast: ["Tom Cruise", "Julianne Moore", "Philip Seymour Hoffman", "William H. Macy", "John C. Reilly"],
  },
  "film-3173": {
    by: ["Bryan Singer"],
    cast: ["Patrick Stewart", "Hugh Jackman", "Ian McKellen", "Halle Berry", "Famke Janssen"],
  },
  "film-1971": { by: ["Chris Columbus"], cast: ["Daniel Radcliffe", "Rupert Grint", "Emma Watson", "Kenneth Branagh"] },
  "film-2290": {
    by: ["Barry Sonnenfeld"],
    cast: ["Tommy Lee Jones", "Will Smith", "Linda Fiorentino", "Vincent D'Onofrio"],
  },
  "film-2395": { by: ["Clint Eastwood"], cast: ["Sean Penn", "Tim Robbins", "Kevin Bacon", "Laurence Fishburne"] },
  "film-2987": { by: ["John Lasseter"], cast: ["Tom Hanks", "Tim Allen", "Joan Cusack", "Kelsey Grammer"] },
  "film-0020": { by: ["Sidney Lumet"], cast: ["Henry Fonda", "Lee J. Cobb", "Martin Balsam", "Ed Begley"] },
  "film-1280": { by: ["Edward Zwick"], cast: ["Leonardo DiCaprio", "Djimon Hounsou", "Jennifer Connelly"] },
  "film-2754": {
    by: ["David Silverman"],
    cast: ["Dan Castellaneta", "Julie Kavner", "Nancy Cartwright", "Yeardley Smith"],
  },
  "film-1657": {
    by: ["Ron Howard"],
    cast: ["Tom Hanks", "Audrey Tautou", "Ian McKellen", "Jean Reno", "Paul Bettany"],
  },
  "film-1374": { by: ["Ang Lee"], cast: ["Heath Ledger", "Jake Gyllenhaal", "Anne Hathaway", "Michelle Williams"] },
  "film-1166": {
    by: ["Ridley Scott"],
    cast: ["Denzel Washington", "Russell Crowe", "Chiwetel Ejiofor", "Josh Brolin"],
  },
  "film-1288": { by: ["Spike Jonze"], cast: ["John Cusack", "Cameron Diaz", "Catherine Keener", "John Malkovich"] },
  "film-1807": {
    by: ["Martin Scorsese"],
    cast: ["Leonardo DiCaprio", "Daniel Day-Lewis", "Cameron Diaz", "Jim Broadbent"],
  },
  "film-2684": { by: ["James Wan"], cast: ["Cary Elwes", "Leigh Whannell", "Danny Glover", "Tobin Bell"] },
  "film-3174": {
    by: ["Bryan Singer"],
    cast: ["Patrick Stewart", "Hugh Jackman", "Ian McKellen", "Halle Berry", "Brian Cox"],
  },
  "film-1973": {
    by: ["Mike Newell"],
    cast: ["Daniel Radcliffe", "Rupert Grint", "Emma Watson", "Ralph Fiennes", "Brendan Gleeson"],
  },
  "film-2751": {
    by: ["M. Night Shyamalan"],
    cast: ["Mel Gibson", "Joaquin Phoenix", "Rory Culkin", "Abigail Breslin"],
  },
  "film-0149": { by: ["Tim Burton"], cast: ["Jack Nicholson", "Michael Keaton", "Kim Basinger"] },
  "film-2125": { by: ["Judd Apatow"], cast: ["Seth Rogen", "Katherine Heigl", "Paul Rudd", "Leslie Mann"] },
  "film-0641": { by: ["Steven Spielberg"], cast: ["Harrison Ford", "Kate Capshaw", "Ke Huy Quan"] },
  "film-3057": { by: ["Pete Docter"], cast: ["Ed Asner", "Christopher Plummer", "Jordan Nagai"] },
  "film-3175": {
    by: ["Brett Ratner"],
    cast: ["Hugh Jackman", "Halle Berry", "Ian McKellen", "Famke Janssen", "Patrick Stewart"],
  },
  "film-1972": {
    by: ["Alfonso Cuarón"],
    cast: ["Daniel Radcliffe", "Rupert Grint", "Emma Watson", "Gary Oldman", "David Thewlis"],
  },
  "film-0715": { by: ["Oliver Stone"], cast: ["Charlie Sheen", "Willem Dafoe", "Tom Berenger"] },
  "film-0215": { by: ["Martin Scorsese"], cast: ["Robert De Niro", "Sharon Stone", "Joe Pesci", "James Woods"] },
  "film-0794": { by: ["Michael Bay"], cast: ["Sean Connery", "Nicolas Cage", "Ed Harris"] },
  "film-2939": {
    by: ["Jonathan Mostow"],
    cast: ["Arnold Schwarzenegger", "Nick Stahl", "Claire Danes", "Kristanna Loken"],
  },
  "film-2766": {
    by: ["Tim Burton"],
    cast: ["Johnny Depp", "Christina Ricci", "Christopher Walken", "Miranda Richardson"],
  },
  "film-1784": {
    by: ["Joss Whedon"],
    cast: ["Nathan Fillion", "Gina Torres", "Alan Tudyk", "Summer Glau", "Chiwetel Ejiofor"],
  },
} as const satisfies Record<keyof typeof FILM_NAMES, CreditRow>;
