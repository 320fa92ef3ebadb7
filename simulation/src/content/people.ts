/**
 * People of the 150 films: [English, Russian, Belarusian]. The English name is the key in `film-credits.ts` and makes
 * the id. A name is here once; the forms in Cyrillic are those of the countries' own press and encyclopedias.
 */
export type PersonRow = readonly [en: string, ru: string, be: string];

export const PEOPLE: readonly PersonRow[] = [
  ["Frank Darabont", "Фрэнк Дарабонт", "Фрэнк Дарабонт"],
  ["Tim Robbins", "Тим Роббинс", "Цім Робінс"],
  ["Morgan Freeman", "Морган Фримен", "Морган Фрымен"],
  ["Bob Gunton", "Боб Гантон", "Боб Гантан"],
  ["Christopher Nolan", "Кристофер Нолан", "Крыстафер Нолан"],
  ["Christian Bale", "Кристиан Бейл", "Крысціян Бэйл"],
  ["Heath Ledger", "Хит Леджер", "Хіт Леджэр"],
  ["Aaron Eckhart", "Аарон Экхарт", "Аарон Экхарт"],
];
