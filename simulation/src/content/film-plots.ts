/**
 * One sentence on each of the 150 films of `film-names.ts`: Russian, Belarusian, English. Written by us, without the
 * ending, at most `PLOT_LENGTH_MAX` characters, because a card has two lines.
 */
import type { FILM_NAMES } from "./film-names.ts";
import type { TextRow } from "./types.ts";

export const FILM_PLOTS = {
  "film-0842": [
    "Банкир, осуждённый за убийство жены, годами не даёт тюрьме отнять у него надежду.",
    "Банкір, асуджаны за забойства жонкі, гадамі не дае турме адабраць у яго надзею.",
    "A banker convicted of murdering his wife spends years refusing to let prison take his hope.",
  ],
  "film-1267": [
    "Бэтмен встречает Джокера, которому не нужны деньги: он хочет увидеть, как Готэм сам себя сожжёт.",
    "Бэтмен сустракае Джокера, якому не патрэбныя грошы: ён хоча ўбачыць, як Готэм сам сябе спаліць.",
    "Batman faces the Joker, who has no use for money: he wants to watch Gotham burn itself down.",
  ],
} as const satisfies Record<keyof typeof FILM_NAMES, TextRow>;
