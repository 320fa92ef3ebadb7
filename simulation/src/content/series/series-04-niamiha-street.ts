/** "14 Niamiha Street": invented for the demo, its people too. */
import type { SeriesRow } from "../series-rows.ts";

export const NIAMIHA_STREET: SeriesRow = {
  id: "series-04",
  names: ["Дом на Немиге, 14", "Дом на Нямізе, 14", "14 Niamiha Street"],
  plots: [
    "Следователь возвращается в дом своего детства, где в один вечер пропали три соседа.",
    "Следчая вяртаецца ў дом свайго дзяцінства, дзе ў адзін вечар зніклі тры суседзі.",
    "A detective returns to the house of her childhood, where three neighbours vanished in one evening.",
  ],
  genres: ["Thriller", "Drama"],
  countries: ["BY"],
  ageMark: 16,
  minutes: 50,
  by: [["Artsiom Kryshtal", "Артём Кришталь", "Арцём Крышталь"]],
  cast: [
    ["Palina Sakovets", "Полина Соковец", "Паліна Сакавец"],
    ["Ihar Valantsevich", "Игорь Волонцевич", "Ігар Валанцэвіч"],
    ["Stefan Dubrova", "Стефан Дуброва", "Стэфан Дуброва"],
  ],
  seasons: [
    {
      year: 2023,
      episodes: [
        {
          names: ["Подъезд", "Пад’езд", "The Entrance"],
          plots: [
            "Следователь Ева приезжает на вызов и узнаёт дверь, за которой выросла.",
            "Следчая Эва прыязджае на выклік і пазнае дзверы, за якімі вырасла.",
            "Detective Eva answers a call and knows the door behind which she grew up.",
          ],
        },
        {
          names: ["Первый этаж", "Першы паверх", "Ground Floor"],
          plots: [
            "Консьержка помнит каждого, кто входил в тот вечер, кроме себя самой.",
            "Кансьержка памятае кожнага, хто ўваходзіў у той вечар, апрача самой сябе.",
            "The concierge remembers everyone who came in that evening, except herself.",
          ],
        },
        {
          names: ["Глухая стена", "Глухая сцяна", "The Blind Wall"],
          plots: [
            "На старом плане дома есть окно там, где теперь кирпич.",
            "На старым плане дома ёсць акно там, дзе цяпер цэгла.",
            "The old plan of the house shows a window where there is brick now.",
          ],
        },
        {
          names: ["Чужие ключи", "Чужыя ключы", "Other People's Keys"],
          plots: [
            "В ящике пропавшего музыканта лежат ключи от всех квартир, кроме его собственной.",
            "У шуфлядзе зніклага музыканта ляжаць ключы ад усіх кватэр, апрача яго ўласнай.",
            "A missing musician's drawer holds the keys to every flat but his own.",
          ],
        },
        {
          names: ["Подземная река", "Падземная рака", "The River Below"],
          plots: [
            "Река, убранная в трубу сто лет назад, выносит к решётке чей-то плащ.",
            "Рака, схаваная ў трубу сто гадоў таму, выносіць да рашоткі нечы плашч.",
            "The river put into a pipe long ago brings somebody's coat to the grating.",
          ],
        },
        {
          names: ["Собрание жильцов", "Сход жыхароў", "Residents' Meeting"],
          plots: [
            "На собрании жильцы голосуют, кому из них не верить.",
            "На сходзе жыхары галасуюць, каму з іх не верыць.",
            "At a meeting the residents vote on which of them not to believe.",
          ],
        },
        {
          names: ["Чердак", "Гарышча", "The Attic"],
          plots: [
            "Ева находит на чердаке свою школьную тетрадь с записями, которых не делала.",
            "Эва знаходзіць на гарышчы свой школьны сшытак з запісамі, якіх не рабіла.",
            "In the attic Eva finds her school notebook with entries that she never made.",
          ],
        },
        {
          names: ["Четырнадцать", "Чатырнаццаць", "Fourteen"],
          plots: [
            "Три исчезновения складываются в одно, и дом перестаёт молчать.",
            "Тры знікненні складваюцца ў адно, і дом перастае маўчаць.",
            "Three disappearances turn into one, and the house stops keeping silent.",
          ],
          minutes: 59,
        },
      ],
    },
  ],
};
