/** Names of every genre of the catalogue (`simulation/src/catalogue.ts`), as a viewer reads them on a card. */
import type { GenreId, TextRow } from "./types.ts";

export const GENRE_NAMES = {
  Action: ["Боевик", "Баявік", "Action"],
  Adventure: ["Приключения", "Прыгоды", "Adventure"],
  "Black comedy": ["Чёрная комедия", "Чорная камедыя", "Black comedy"],
  Comedy: ["Комедия", "Камедыя", "Comedy"],
  Concert: ["Концерт", "Канцэрт", "Concert"],
  Documentary: ["Документальное", "Дакументальнае", "Documentary"],
  Drama: ["Драма", "Драма", "Drama"],
  Family: ["Для всей семьи", "Для ўсёй сям’і", "Family"],
  Fantasy: ["Фэнтези", "Фэнтэзі", "Fantasy"],
  History: ["История", "Гісторыя", "History"],
  Horror: ["Ужасы", "Жахі", "Horror"],
  Musical: ["Мюзикл", "Мюзікл", "Musical"],
  Romance: ["Мелодрама", "Меладрама", "Romance"],
  "Science fiction": ["Фантастика", "Фантастыка", "Science fiction"],
  Superhero: ["Супергерои", "Супергероі", "Superhero"],
  Thriller: ["Триллер", "Трылер", "Thriller"],
  "True story": ["Основано на реальных событиях", "Заснавана на рэальных падзеях", "True story"],
  Western: ["Вестерн", "Вестэрн", "Western"],
} as const satisfies Record<GenreId, TextRow>;
