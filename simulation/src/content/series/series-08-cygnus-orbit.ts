/** "Cygnus Orbit": invented for the demo, its people too. */
import type { SeriesRow } from "../series-rows.ts";

export const CYGNUS_ORBIT: SeriesRow = {
  id: "series-08",
  names: ["Орбита Лебедь", "Арбіта Лебедзь", "Cygnus Orbit"],
  plots: [
    "Экипаж ремонтного корабля обслуживает маяки дальнего космоса и находит тот, которого нет на картах.",
    "Экіпаж рамонтнага карабля абслугоўвае маякі далёкага космасу і знаходзіць той, якога няма на картах.",
    "The crew of a repair ship serves the beacons of deep space and finds one that is on no map.",
  ],
  genres: ["Science fiction", "Adventure"],
  countries: ["RU", "US"],
  ageMark: 12,
  minutes: 46,
  by: [["Daniel Orchard-Price", "Дэниел Орчард-Прайс", "Дэніел Орчард-Прайс"]],
  cast: [
    ["Mira Koval-Estes", "Мира Коваль-Эстес", "Міра Каваль-Эстэс"],
    ["Jonas Whitlake", "Джонас Уитлейк", "Джонас Уітлэйк"],
    ["Oleg Strizhov", "Олег Стрижов", "Алег Стрыжоў"],
  ],
  seasons: [
    {
      year: 2020,
      episodes: [
        {
          names: ["Вызов", "Выклік", "The Call"],
          plots: [
            "Ремонтники принимают вызов с маяка, которого никто не строил.",
            "Рамантоўшчыкі прымаюць выклік з маяка, якога ніхто не будаваў.",
            "The repairers get a call from a beacon that nobody built.",
          ],
        },
        {
          names: ["Задержка", "Затрымка", "Delay"],
          plots: [
            "Ответ с Земли идёт девять часов, и решать приходится раньше.",
            "Адказ з Зямлі ідзе дзевяць гадзін, і вырашаць даводзіцца раней.",
            "An answer from Earth takes nine hours, and the decision can't wait.",
          ],
        },
        {
          names: ["Балласт", "Баласт", "Ballast"],
          plots: [
            "Чтобы дотянуть до маяка, экипаж выбрасывает всё, без чего можно жить.",
            "Каб дацягнуць да маяка, экіпаж выкідае ўсё, без чаго можна жыць.",
            "To reach the beacon the crew throws out everything one can live without.",
          ],
        },
        {
          names: ["Тень", "Цень", "The Shadow"],
          plots: [
            "На радаре рядом с кораблём появляется второй точно такой же.",
            "На радары побач з караблём з’яўляецца другі сапраўды такі самы.",
            "A second ship exactly like theirs appears on the radar.",
          ],
        },
        {
          names: ["Стыковка", "Стыкоўка", "Docking"],
          plots: [
            "Люк незнакомого маяка открывается голосом капитана.",
            "Люк незнаёмага маяка адчыняецца голасам капітанкі.",
            "The hatch of the unknown beacon opens to the captain's voice.",
          ],
        },
        {
          names: ["Свет", "Святло", "Light"],
          plots: [
            "Бортинженер понимает, кому на самом деле светят маяки.",
            "Бартавы інжынер разумее, каму насамрэч свецяць маякі.",
            "The flight engineer understands for whom the beacons really shine.",
          ],
          minutes: 55,
        },
      ],
    },
    {
      year: 2022,
      episodes: [
        {
          names: ["Возвращённые", "Вернутыя", "The Returned"],
          plots: [
            "Экипаж прибывает домой и узнаёт, что его уже встретили год назад.",
            "Экіпаж прыбывае дадому і даведваецца, што яго ўжо сустрэлі год таму.",
            "The crew comes home and learns that it was welcomed a year ago.",
          ],
        },
        {
          names: ["Карантин", "Каранцін", "Quarantine"],
          plots: [
            "Врач станции должна решить, какой из двух капитанов настоящий.",
            "Доктарка станцыі мусіць вырашыць, якая з дзвюх капітанак сапраўдная.",
            "The station's doctor has to decide which of two captains is the real one.",
          ],
        },
        {
          names: ["Контрабанда", "Кантрабанда", "Contraband"],
          plots: [
            "Чтобы вернуть корабль, ремонтники соглашаются везти груз без вопросов.",
            "Каб вярнуць карабель, рамантоўшчыкі згаджаюцца везці груз без пытанняў.",
            "To get their ship back the repairers agree to carry cargo without questions.",
          ],
        },
        {
          names: ["Сад", "Сад", "The Garden"],
          plots: [
            "На заброшенной станции сорок лет сам по себе растёт сад.",
            "На закінутай станцыі сорак гадоў сам па сабе расце сад.",
            "A garden has been growing by itself for forty years on an abandoned station.",
          ],
        },
        {
          names: ["Невесомость", "Бязважкасць", "Weightless"],
          plots: [
            "Двигатели молчат, и экипаж впервые говорит о том, что оставил на Земле.",
            "Рухавікі маўчаць, і экіпаж упершыню гаворыць пра тое, што пакінуў на Зямлі.",
            "The engines are silent, and the crew talks of what it left on Earth.",
          ],
        },
        {
          names: ["Двойная звезда", "Падвойная зорка", "Double Star"],
          plots: [
            "Два экипажа встречаются у маяка, где хватит воздуха одному.",
            "Два экіпажы сустракаюцца каля маяка, дзе хопіць паветра аднаму.",
            "Two crews meet at a beacon with air enough for one.",
          ],
          minutes: 55,
        },
      ],
    },
    {
      year: 2025,
      episodes: [
        {
          names: ["Карта", "Карта", "The Map"],
          plots: [
            "Все маяки гаснут одновременно и складываются в рисунок.",
            "Усе маякі гаснуць адначасова і складваюцца ў малюнак.",
            "All the beacons go out at once and form a drawing.",
          ],
        },
        {
          names: ["Переводчик", "Перакладчык", "The Translator"],
          plots: [
            "Лингвист слышит в помехах вежливость и боится ошибиться.",
            "Лінгвіст чуе ў перашкодах ветлівасць і баіцца памыліцца.",
            "A linguist hears courtesy in the noise and is afraid of a mistake.",
          ],
        },
        {
          names: ["Мятеж", "Мяцеж", "Mutiny"],
          plots: [
            "Половина экипажа хочет ответить незнакомцам, половина — спрятаться.",
            "Палова экіпажа хоча адказаць незнаёмцам, палова — схавацца.",
            "Half of the crew wants to answer the strangers, half wants to hide.",
          ],
        },
        {
          names: ["Старый корабль", "Стары карабель", "The Old Ship"],
          plots: [
            "Помощь приходит от корабля, который списали до рождения капитана.",
            "Дапамога прыходзіць ад карабля, які спісалі да нараджэння капітанкі.",
            "Help comes from a ship scrapped before the captain was born.",
          ],
        },
        {
          names: ["Порог", "Парог", "The Threshold"],
          plots: [
            "За последним маяком звёзды стоят не на своих местах.",
            "За апошнім маяком зоркі стаяць не на сваіх месцах.",
            "Beyond the last beacon the stars are not in their places.",
          ],
        },
        {
          names: ["Лебедь", "Лебедзь", "Cygnus"],
          plots: [
            "Капитан включает маяк, построенный своими руками, и ждёт, кто придёт.",
            "Капітанка ўключае маяк, пабудаваны сваімі рукамі, і чакае, хто прыйдзе.",
            "The captain lights a beacon built with her own hands and waits to see who comes.",
          ],
          minutes: 55,
        },
      ],
    },
  ],
};
