/** "The Polesia Post": invented for the demo, its people too. */
import type { SeriesRow } from "../series-rows.ts";

export const POLESIA_POST: SeriesRow = {
  id: "series-03",
  names: ["Почта Полесья", "Пошта Палесся", "The Polesia Post"],
  plots: [
    "Столичная чиновница приезжает закрывать сельскую почту и остаётся разносить письма.",
    "Сталічная чыноўніца прыязджае зачыняць сельскую пошту і застаецца разносіць лісты.",
    "A clerk from the capital comes to close a village post office and stays to deliver the letters.",
  ],
  genres: ["Comedy", "Drama"],
  countries: ["BY"],
  ageMark: 12,
  minutes: 26,
  by: [["Alesia Verabei", "Алеся Веребей", "Алеся Верабей"]],
  cast: [
    ["Yanina Lazouka", "Янина Лозовка", "Яніна Лазоўка"],
    ["Zmicier Halavach", "Змитер Головач", "Зміцер Галавач"],
    ["Mikola Zhuravets", "Микола Журавец", "Мікола Журавец"],
  ],
  seasons: [
    {
      year: 2020,
      episodes: [
        {
          names: ["Приказ", "Загад", "The Order"],
          plots: [
            "Инспектор Лада приезжает с печатью и приказом, но почту некому сдавать.",
            "Інспектарка Лада прыязджае з пячаткай і загадам, але пошту няма каму здаваць.",
            "Inspector Lada arrives with a seal and an order, but there is nobody to hand over the office.",
          ],
        },
        {
          names: ["Велосипед", "Ровар", "The Bicycle"],
          plots: [
            "Единственный транспорт почты исчезает вместе с пенсиями всей улицы.",
            "Адзіны транспарт пошты знікае разам з пенсіямі ўсёй вуліцы.",
            "The only vehicle of the post office vanishes with the pensions of a whole street.",
          ],
        },
        {
          names: ["Письмо без адреса", "Ліст без адраса", "A Letter without an Address"],
          plots: [
            "На конверте написано «тому, кто ждёт», и таких в деревне оказывается семеро.",
            "На канверце напісана «таму, хто чакае», і такіх у вёсцы аказваецца сямёра.",
            'The envelope says "to the one who waits", and seven such people are found in the village.',
          ],
        },
        {
          names: ["Паводок", "Паводка", "High Water"],
          plots: [
            "Река разливается, и почту возят на лодке вместе с курами и участковым.",
            "Рака разліваецца, і пошту возяць на лодцы разам з курамі і ўчастковым.",
            "The river floods, and the mail goes by boat together with hens and the constable.",
          ],
        },
        {
          names: ["Подписка", "Падпіска", "The Subscription"],
          plots: [
            "Чтобы выполнить план, Лада подписывает деревню на журнал о полярных сияниях.",
            "Каб выканаць план, Лада падпісвае вёску на часопіс пра палярнае ззянне.",
            "To meet the plan Lada subscribes the village to a magazine about northern lights.",
          ],
        },
        {
          names: ["Ревизия", "Рэвізія", "The Audit"],
          plots: [
            "Из столицы едет ревизор, и вся округа срочно учится писать письма.",
            "Са сталіцы едзе рэвізор, і ўся акруга тэрмінова вучыцца пісаць лісты.",
            "An auditor is coming from the capital, and the whole district hurriedly learns to write letters.",
          ],
          minutes: 29,
        },
      ],
    },
    {
      year: 2021,
      episodes: [
        {
          names: ["Новая марка", "Новая марка", "A New Stamp"],
          plots: [
            "На конкурс марок деревня отправляет портрет аиста, который против.",
            "На конкурс марак вёска адпраўляе партрэт бусла, які супраць.",
            "The village enters a stamp contest with the portrait of a stork who objects.",
          ],
        },
        {
          names: ["Посылка", "Пасылка", "The Parcel"],
          plots: [
            "Из посылки слышно тиканье, и никто не признаётся, что её ждал.",
            "З пасылкі чуваць ціканне, і ніхто не прызнаецца, што яе чакаў.",
            "The parcel ticks, and nobody admits to having expected it.",
          ],
        },
        {
          names: ["Телеграмма", "Тэлеграма", "The Telegram"],
          plots: [
            "Последняя телеграмма района приходит с опозданием на тридцать лет.",
            "Апошняя тэлеграма раёна прыходзіць са спазненнем на трыццаць гадоў.",
            "The last telegram of the district arrives thirty years late.",
          ],
        },
        {
          names: ["Забастовка", "Забастоўка", "The Strike"],
          plots: [
            "Почтальон отказывается носить счета и носит только хорошие новости.",
            "Паштальён адмаўляецца насіць рахункі і носіць толькі добрыя навіны.",
            "The postman refuses to carry bills and carries only good news.",
          ],
        },
        {
          names: ["Интернет", "Інтэрнэт", "The Internet"],
          plots: [
            "В деревню проводят интернет, и почте объявляют дружескую войну.",
            "У вёску праводзяць інтэрнэт, і пошце абвяшчаюць сяброўскую вайну.",
            "The internet comes to the village and declares a friendly war on the post office.",
          ],
        },
        {
          names: ["Обратный адрес", "Зваротны адрас", "Return Address"],
          plots: [
            "Ладу зовут обратно в столицу, и ответ она решает послать письмом.",
            "Ладу клічуць назад у сталіцу, і адказ яна вырашае паслаць лістом.",
            "Lada is called back to the capital and decides to answer by post.",
          ],
          minutes: 29,
        },
      ],
    },
  ],
};
