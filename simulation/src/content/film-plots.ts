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
  "film-0742": [
    "Два болтливых наёмника, боксёр и жена гангстера за пару дней попадают в несколько опасных и нелепых историй.",
    "Два балбатлівыя найміты, баксёр і жонка гангстара за пару дзён трапляюць у некалькі небяспечных і недарэчных гісторый.",
    "Two talkative hitmen, a boxer and a gangster's wife stumble through a few dangerous and absurd days in Los Angeles.",
  ],
  "film-0370": [
    "Младший сын главы нью-йоркской мафии хотел держаться от семейных дел подальше, но на отца совершают покушение.",
    "Малодшы сын главы нью-ёркскай мафіі хацеў трымацца далей ад сямейных спраў, але на бацьку робяць замах.",
    "The youngest son of a New York mafia boss meant to stay out of the family business until his father is shot.",
  ],
  "film-2204": [
    "Хоббит Фродо получает в наследство кольцо, за которым охотится тёмный властелин, и уходит из дома, чтобы его уничтожить.",
    "Хобіт Фрода атрымлівае ў спадчыну пярсцёнак, за якім палюе цёмны ўладар, і сыходзіць з дому, каб яго знішчыць.",
    "The hobbit Frodo inherits a ring that a dark lord is hunting for, and leaves home to destroy it.",
  ],
  "film-1748": [
    "Служащий, которого мучает бессонница, вместе с продавцом мыла открывает подпольный клуб, где мужчины дерутся.",
    "Службовец, якога мучыць бяссонне, разам з прадаўцом мыла адкрывае падпольны клуб, дзе мужчыны б’юцца.",
    "A sleepless office worker and a soap salesman start a secret club where men come to fight.",
  ],
  "film-2260": [
    "Хакер Нео узнаёт, что привычный мир — программа, и ему предлагают увидеть, что за её пределами.",
    "Хакер Неа даведваецца, што звыклы свет — праграма, і яму прапануюць убачыць, што за яе межамі.",
    "The hacker Neo learns that the world he knows is a program and is offered a look at what lies outside it.",
  ],
  "film-2203": [
    "Пока Фродо и Сэм подбираются к Роковой горе, армия Саурона осаждает последний оплот людей.",
    "Пакуль Фрода і Сэм падбіраюцца да Фатальнай гары, войска Саўрона аблягае апошні аплот людзей.",
    "While Frodo and Sam creep towards Mount Doom, Sauron's army lays siege to the last stronghold of men.",
  ],
  "film-2202": [
    "Братство распалось: Фродо идёт в Мордор с ненадёжным проводником, а его друзья защищают королевство всадников.",
    "Брацтва распалася: Фрода ідзе ў Мордар з ненадзейным правадніком, а яго сябры абараняюць каралеўства коннікаў.",
    "The fellowship is broken: Frodo walks to Mordor with an unreliable guide while his friends defend a kingdom of riders.",
  ],
  "film-0341": [
    "Простодушный парень из Алабамы, сам того не замечая, проходит через все главные события своей эпохи.",
    "Прастадушны хлопец з Алабамы, сам таго не заўважаючы, праходзіць праз усе галоўныя падзеі сваёй эпохі.",
    "A simple-hearted man from Alabama passes through every great event of his time without noticing it.",
  ],
  "film-1160": [
    "Отец семейства, уставший от своей жизни, вдруг бросает работу и начинает жить так, как мечтал в юности.",
    "Бацька сямейства, стомлены сваім жыццём, раптам кідае працу і пачынае жыць так, як марыў у юнацтве.",
    "A tired suburban father suddenly quits his job and starts to live the way he dreamed of as a boy.",
  ],
  "film-1834": [
    "Полководца, которого любил старый император, продают в рабство, и он возвращается в Рим гладиатором.",
    "Палкаводца, якога любіў стары імператар, прадаюць у рабства, і ён вяртаецца ў Рым гладыятарам.",
    "A general loved by the old emperor is sold into slavery and returns to Rome as a gladiator.",
  ],
  "film-0809": [
    "Опытный сыщик и новичок ищут убийцу, который казнит своих жертв за смертные грехи.",
    "Вопытны сышчык і навічок шукаюць забойцу, які карае сваіх ахвяр за смяротныя грахі.",
    "A veteran detective and a newcomer hunt a killer who punishes his victims for the deadly sins.",
  ],
  "film-0817": [
    "Немецкий фабрикант, разбогатевший на войне, начинает спасать рабочих-евреев от лагеря смерти.",
    "Нямецкі фабрыкант, які разбагацеў на вайне, пачынае ратаваць рабочых-яўрэяў ад лагера смерці.",
    "A German factory owner grown rich on the war begins to save his Jewish workers from the death camp.",
  ],
  "film-2292": [
    "Человек, который ничего не запоминает дольше чем на несколько минут, ищет убийцу жены по записям и татуировкам.",
    "Чалавек, які нічога не запамінае даўжэй чым на некалькі хвілін, шукае забойцу жонкі па запісах і татуіроўках.",
    "A man who keeps no memory for more than minutes searches for his wife's killer by notes and tattoos.",
  ],
  "film-1265": [
    "Наследник миллиардов Брюс Уэйн учится побеждать страх и возвращается в Готэм, чтобы защищать его под маской.",
    "Спадчыннік мільярдаў Брус Уэйн вучыцца перамагаць страх і вяртаецца ў Готэм, каб абараняць яго пад маскай.",
    "The heir Bruce Wayne learns to master fear and comes back to Gotham to defend it behind a mask.",
  ],
  "film-2894": [
    "После высадки в Нормандии восемь солдат идут в тыл врага за рядовым, чьи братья уже погибли.",
    "Пасля высадкі ў Нармандыі восем салдат ідуць у тыл ворага па радавога, чые браты ўжо загінулі.",
    "After the Normandy landing eight soldiers go behind the lines for a private whose brothers have already fallen.",
  ],
  "film-0860": [
    "Мошенник, уцелевший после взрыва на корабле, рассказывает следователю, как пятеро воров связались с неуловимым Кайзером Созе.",
    "Жулік, што ацалеў пасля выбуху на караблі, расказвае следчаму, як пяцёра злодзеяў звязаліся з няўлоўным Кайзерам Созэ.",
    "A crook who survived a blast on a ship tells how five thieves got mixed up with the elusive Keyser Söze.",
  ],
  "film-1617": [
    "Полицейский работает под прикрытием у бостонского гангстера, а человек гангстера служит в полиции: каждый ищет другого.",
    "Паліцэйскі працуе пад прыкрыццём у бостанскага гангстара, а чалавек гангстара служыць у паліцыі: кожны шукае другога.",
    "A policeman lives undercover with a Boston gangster while the gangster's man serves in the police: each hunts the other.",
  ],
  "film-1235": [
    "Бывший морпех получает новое тело, чтобы жить среди жителей далёкой Пандоры, и не знает, на чьей он стороне.",
    "Былы марпех атрымлівае новае цела, каб жыць сярод жыхароў далёкай Пандоры, і не ведае, на чыім ён баку.",
    "A former marine gets a new body to live among the people of far Pandora and no longer knows whose side he is on.",
  ],
  "film-2756": [
    "В городе, где продажны все, трое мужчин по очереди вступаются за женщин, которых больше некому защитить.",
    "У горадзе, дзе прадажныя ўсе, трое мужчын па чарзе заступаюцца за жанчын, якіх больш няма каму абараніць.",
    "In a town where everyone can be bought three men in turn stand up for women whom nobody else will protect.",
  ],
  "film-0367": [
    "Майкл Корлеоне укрепляет власть семьи, а рядом идёт рассказ о том, как его отец начинал в Нью-Йорке.",
    "Майкл Карлеонэ ўмацоўвае ўладу сям’і, а побач ідзе аповед пра тое, як яго бацька пачынаў у Нью-Ёрку.",
    "Michael Corleone tightens the family's grip on power, beside the story of how his father began in New York.",
  ],
  "film-0846": [
    "Стажёрка ФБР просит совета у заключённого убийцы-людоеда, чтобы найти другого маньяка, пока жива его жертва.",
    "Стажорка ФБР просіць парады ў зняволенага забойцы-людаеда, каб знайсці іншага маньяка, пакуль жывая яго ахвяра.",
    "An FBI trainee asks an imprisoned cannibal for advice on another killer while his latest victim is still alive.",
  ],
  "film-0768": [
    "Археолог с кнутом и в шляпе должен найти библейский ковчег раньше, чем это сделают нацисты.",
    "Археолаг з пугай і ў капелюшы мусіць знайсці біблейскі каўчэг раней, чым гэта зробяць нацысты.",
    "An archaeologist with a whip and a hat must find the biblical Ark before the Nazis do.",
  ],
  "film-2971": [
    "На борту лайнера, который считают непотопляемым, бедный художник знакомится с девушкой из высшего общества.",
    "На борце лайнера, які лічаць непатапляльным, бедны мастак знаёміцца з дзяўчынай з вышэйшага свету.",
    "Aboard a liner said to be unsinkable a penniless artist meets a girl from high society.",
  ],
  "film-0137": [
    "Шотландец Уильям Уоллес, потерявший любимую, поднимает соотечественников против английского короля.",
    "Шатландзец Уільям Уолес, які страціў каханую, падымае суайчыннікаў супраць англійскага караля.",
    "The Scotsman William Wallace, who has lost his love, raises his countrymen against the English king.",
  ],
  "film-2758": [
    "Детский психолог пытается помочь мальчику, который уверяет, что видит мёртвых.",
    "Дзіцячы псіхолаг спрабуе дапамагчы хлопчыку, які кажа, што бачыць мёртвых.",
    "A child psychologist tries to help a boy who says that he sees the dead.",
  ],
  "film-0972": [
    "Из будущего присылают двух киборгов: один должен убить подростка Джона Коннора, другой — защитить его.",
    "З будучыні дасылаюць двух кібаргаў: адзін мусіць забіць падлетка Джона Конара, другі — абараніць яго.",
    "Two cyborgs arrive from the future: one to kill young John Connor, the other to protect him.",
  ],
  "film-1091": [
    "Царь Леонид с тремя сотнями спартанцев встаёт в узком проходе на пути огромной персидской армии.",
    "Цар Леанід з трыма сотнямі спартанцаў становіцца ў вузкім праходзе на шляху велізарнага персідскага войска.",
    "King Leonidas and three hundred Spartans stand in a narrow pass against the vast Persian army.",
  ],
  "film-2507": [
    "Кузнец и пират Джек Воробей отправляются за кораблём, команда которого проклята из-за ацтекского золота.",
    "Каваль і пірат Джэк Верабей выпраўляюцца па карабель, каманда якога праклятая праз ацтэкскае золата.",
    "A blacksmith and the pirate Jack Sparrow chase a ship whose crew is cursed by Aztec gold.",
  ],
  "film-2118": [
    "Невеста приходит в себя через четыре года после бойни на своей свадьбе и составляет список тех, кому отомстит.",
    "Нявеста апрытомнее праз чатыры гады пасля разні на сваім вяселлі і складае спіс тых, каму адпомсціць.",
    "A bride wakes four years after the massacre at her wedding and makes a list of those she will repay.",
  ],
  "film-0369": [
    "Мальчишка из Бруклина с детства хотел стать гангстером, и поначалу всё складывается лучше, чем он мечтал.",
    "Хлопчык з Брукліна з дзяцінства хацеў стаць гангстарам, і спачатку ўсё складваецца лепш, чым ён марыў.",
    "A Brooklyn boy always wanted to be a gangster, and at first it goes better than he dreamed.",
  ],
  "film-1165": [
    "Бывший скинхед выходит из тюрьмы другим человеком и пытается удержать младшего брата от своего пути.",
    "Былы скінхед выходзіць з турмы іншым чалавекам і спрабуе ўтрымаць малодшага брата ад свайго шляху.",
    "A former skinhead leaves prison a changed man and tries to keep his younger brother off the same road.",
  ],
  "film-3073": [
    "В Англии будущего мститель в маске Гая Фокса поднимает людей против диктатуры и спасает девушку по имени Иви.",
    "У Англіі будучыні мсцівец у масцы Гая Фокса падымае людзей супраць дыктатуры і ратуе дзяўчыну па імені Іві.",
    "In a future England an avenger in a Guy Fawkes mask stirs people against tyranny and rescues a girl named Evey.",
  ],
  "film-1699": [
    "После ссоры влюблённые стирают друг друга из памяти, но один из них передумывает посреди процедуры.",
    "Пасля сваркі закаханыя сціраюць адно аднаго з памяці, але адзін з іх перадумвае пасярод працэдуры.",
    "After a quarrel two lovers have each other erased from memory, but one changes his mind halfway through.",
  ],
  "film-0676": [
    "Хулиган притворяется сумасшедшим, чтобы не работать в тюрьме, и сталкивается со строгой медсестрой Рэтчед.",
    "Хуліган прыкідваецца вар’ятам, каб не працаваць у турме, і сутыкаецца са строгай медсястрой Рэтчэд.",
    "A rebel feigns madness to escape prison labour and runs into the strict Nurse Ratched.",
  ],
  "film-0767": [
    "После сорванного ограбления люди в чёрных костюмах пытаются понять, кто из них работает на полицию.",
    "Пасля сарванага рабавання людзі ў чорных гарнітурах спрабуюць зразумець, хто з іх працуе на паліцыю.",
    "After a robbery goes wrong men in black suits try to work out which of them works for the police.",
  ],
  "film-1549": [
    "Подростку является человек в костюме кролика и называет день, когда настанет конец света.",
    "Да падлетка прыходзіць чалавек у касцюме труса і называе дзень, калі настане канец свету.",
    "A teenager is visited by a man in a rabbit suit who names the day on which the world will end.",
  ],
  "film-2567": [
    "Два фокусника, бывшие друзья, готовы на всё, чтобы разгадать и превзойти лучший номер соперника.",
    "Два фокуснікі, былыя сябры, гатовыя на ўсё, каб разгадаць і пераўзысці найлепшы нумар саперніка.",
    "Two magicians who were once friends will do anything to uncover and outdo each other's best trick.",
  ],
  "film-0077": [
    "Школьник Марти на машине времени попадает в юность своих родителей и чуть не мешает им познакомиться.",
    "Школьнік Марці на машыне часу трапляе ў юнацтва сваіх бацькоў і ледзь не перашкаджае ім пазнаёміцца.",
    "A time machine takes young Marty to his parents' youth, where he nearly stops them from meeting.",
  ],
  "film-0730": [
    "Молчаливый наёмный убийца укрывает соседскую девочку, чью семью расстреляли продажные полицейские.",
    "Маўклівы наёмны забойца хавае суседскую дзяўчынку, чыю сям’ю расстралялі прадажныя паліцэйскія.",
    "A silent hitman shelters the girl next door after corrupt policemen gun down her family.",
  ],
  "film-1839": [
    "Надзиратель блока смертников замечает, что у огромного и кроткого заключённого есть чудесный дар.",
    "Наглядчык блока смяротнікаў заўважае, што велізарны і лагодны вязень мае цудоўны дар.",
    "A death row guard notices that a huge and gentle prisoner has a miraculous gift.",
  ],
  "film-2404": [
    "Охотник находит в пустыне два миллиона долларов, и по его следу идёт убийца, который решает судьбы монеткой.",
    "Паляўнічы знаходзіць у пустыні два мільёны долараў, і па яго следзе ідзе забойца, які вырашае лёсы манеткай.",
    "A hunter finds two million dollars in the desert and is trailed by a killer who settles fates with a coin.",
  ],
  "film-2941": [
    "Подросток покупает первую машину, а она оказывается инопланетным роботом, втянутым в давнюю войну.",
    "Падлетак купляе першую машыну, а яна аказваецца іншапланетным робатам, уцягнутым у даўнюю вайну.",
    "A teenager buys his first car, and it turns out to be an alien robot caught up in an ancient war.",
  ],
  "film-2026": [
    "Вор, крадущий тайны из чужих снов, берётся за обратную задачу: внушить человеку мысль, пока тот спит.",
    "Злодзей, які крадзе таямніцы з чужых сноў, бярэцца за адваротную задачу: пасеяць у чалавеку думку, пакуль той спіць.",
    "A thief who steals secrets from dreams takes on the opposite task: to plant an idea in a sleeping mind.",
  ],
  "film-0110": [
    "Отставной сыщик ищет в дождливом Лос-Анджелесе беглых репликантов, почти неотличимых от людей.",
    "Адстаўны сышчык шукае ў дажджлівым Лос-Анджэлесе беглых рэплікантаў, амаль неадрозных ад людзей.",
    "A retired detective hunts runaway replicants, almost impossible to tell from people, in a rainy Los Angeles.",
  ],
  "film-2655": [
    "Мать, её сын, его девушка и друг мечтают о лучшей жизни, и у каждого мечту подменяет зависимость.",
    "Маці, яе сын, яго дзяўчына і сябар мараць пра лепшае жыццё, і ў кожнага мару падмяняе залежнасць.",
    "A mother, her son, his girlfriend and his friend dream of a better life, and addiction takes each dream's place.",
  ],
  "film-2117": [
    "Невеста продолжает вычёркивать имена из списка: впереди остались двое, а за ними сам Билл.",
    "Нявеста працягвае выкрэсліваць імёны са спіса: наперадзе засталіся двое, а за імі сам Біл.",
    "The Bride keeps crossing names off her list: two are left, and behind them Bill himself.",
  ],
  "film-3096": [
    "Маленький робот-мусорщик один на покинутой Земле влюбляется в разведчицу, прилетевшую с корабля людей.",
    "Маленькі робат-смяццяр адзін на пакінутай Зямлі закохваецца ў разведчыцу, што прыляцела з карабля людзей.",
    "A little rubbish robot, alone on an abandoned Earth, falls for a scout sent from the ship of the humans.",
  ],
  "film-1164": [
    "Застенчивая парижская официантка тайком устраивает чужое счастье и не решается на своё.",
    "Сарамлівая парыжская афіцыянтка ўпотай ладзіць чужое шчасце і не адважваецца на сваё.",
    "A shy Paris waitress secretly arranges the happiness of others and doesn't dare to reach for her own.",
  ],
  "film-1144": [
    "Экипаж космического грузовика отвечает на сигнал с незнакомой планеты и привозит на борт хищника.",
    "Экіпаж касмічнага грузавіка адказвае на сігнал з незнаёмай планеты і прывозіць на борт драпежніка.",
    "The crew of a space freighter answers a signal from an unknown planet and brings a predator on board.",
  ],
  "film-0974": [
    "Киборга отправляют из будущего в 1984 год убить официантку, чей сын ещё не родился.",
    "Кібарга адпраўляюць з будучыні ў 1984 год забіць афіцыянтку, чый сын яшчэ не нарадзіўся.",
    "A cyborg is sent back to 1984 to kill a waitress whose son has not been born yet.",
  ],
  "film-1392": [
    "В оккупированной Франции отряд мстителей и хозяйка кинотеатра готовят удар по верхушке рейха.",
    "У акупаванай Францыі атрад мсціўцаў і гаспадыня кінатэатра рыхтуюць удар па вярхушцы рэйха.",
    "In occupied France a band of avengers and the owner of a cinema each prepare a blow at the heads of the Reich.",
  ],
  "film-1305": [
    "Лентяя по прозвищу Чувак принимают за однофамильца-миллионера, и из-за испорченного ковра он влипает в похищение.",
    "Гультая па мянушцы Чувак прымаюць за аднафамільца-мільянера, і праз сапсаваны дыван ён улазіць у справу аб выкраданні.",
    "A slacker called the Dude is mistaken for a millionaire, and a ruined rug drags him into a kidnapping.",
  ],
  "film-0838": [
    "Писатель с женой и сыном остаётся на зиму сторожить пустой отель, и дом начинает говорить с ним.",
    "Пісьменнік з жонкай і сынам застаецца на зіму вартаваць пусты гатэль, і дом пачынае гаварыць з ім.",
    "A writer stays with his wife and son to mind an empty hotel for the winter, and the house begins to speak to him.",
  ],
  "film-2775": [
    "Парень из трущоб Мумбаи отвечает на вопросы телевикторины так хорошо, что его подозревают в обмане.",
    "Хлопец з трушчоб Мумбаі адказвае на пытанні тэлевіктарыны так добра, што яго падазраюць у падмане.",
    "A boy from the slums of Mumbai answers a quiz show so well that he is suspected of cheating.",
  ],
  "film-2048": [
    "Оружейный магнат попадает в плен к террористам, собирает бронекостюм из лома и решает жить иначе.",
    "Збройны магнат трапляе ў палон да тэрарыстаў, збірае бронекасцюм з лому і вырашае жыць інакш.",
    "An arms tycoon captured by terrorists builds an armoured suit of scrap and decides to live differently.",
  ],
  "film-2797": [
    "Огромный украденный алмаз и подпольный бокс сводят в Лондоне воров, цыган, громил и одного пса.",
    "Велізарны скрадзены алмаз і падпольны бокс зводзяць у Лондане злодзеяў, цыганоў, грамілаў і аднаго сабаку.",
    "A huge stolen diamond and illegal boxing bring together thieves, travellers, thugs and one dog in London.",
  ],
  "film-0062": [
    "Капитан плывёт по реке через воюющий Вьетнам, чтобы устранить полковника, создавшего в джунглях своё царство.",
    "Капітан плыве па рацэ праз ахоплены вайной В’етнам, каб ліквідаваць палкоўніка, які стварыў у джунглях сваё царства.",
    "A captain travels upriver through wartime Vietnam to remove a colonel who has made a kingdom of his own.",
  ],
  "film-2065": [
    "На первом задании со статусом «00» Джеймс Бонд садится за покер с банкиром террористов.",
    "На першым заданні са статусам «00» Джэймс Бонд сядае за покер з банкірам тэрарыстаў.",
    "On his first mission as a double-0 agent James Bond sits down to poker with a banker of terrorists.",
  ],
  "film-0642": [
    "Индиана Джонс ищет пропавшего отца, который всю жизнь гонялся за Святым Граалем.",
    "Індыяна Джонс шукае зніклага бацьку, які ўсё жыццё ганяўся за Святым Граалем.",
    "Indiana Jones looks for his missing father, who spent his life chasing the Holy Grail.",
  ],
  "film-0021": [
    "Заключённого из будущего посылают в прошлое узнать, откуда взялся вирус, погубивший почти всё человечество.",
    "Вязня з будучыні пасылаюць у мінулае даведацца, адкуль узяўся вірус, які загубіў амаль усё чалавецтва.",
    "A prisoner of the future is sent back to learn the origin of a virus that killed almost all of mankind.",
  ],
  "film-0214": [
    "В Касабланке военных лет хозяин кафе встречает женщину, которую любил в Париже, и её мужа-подпольщика.",
    "У Касабланцы ваенных гадоў гаспадар кавярні сустракае жанчыну, якую кахаў у Парыжы, і яе мужа-падпольшчыка.",
    "In wartime Casablanca a café owner meets the woman he loved in Paris, and her husband of the resistance.",
  ],
  "film-2826": [
    "Школьника кусает необычный паук, и он учится отвечать за внезапно обретённую силу.",
    "Школьніка кусае незвычайны павук, і ён вучыцца адказваць за нечакана набытую сілу.",
    "A schoolboy is bitten by an unusual spider and learns to answer for the power it gives him.",
  ],
  "film-1529": [
    "Мальчик из фавелы Рио мечтает стать фотографом, пока его ровесники делят улицы с оружием в руках.",
    "Хлопчык з фавелы Рыа марыць стаць фатографам, пакуль яго равеснікі дзеляць вуліцы са зброяй у руках.",
    "A boy in a Rio favela dreams of being a photographer while others his age carve up the streets with guns.",
  ],
  "film-2140": [
    "Трое очень разных полицейских Лос-Анджелеса пятидесятых с разных сторон подходят к одной бойне в кафе.",
    "Трое вельмі розных паліцэйскіх Лос-Анджэлеса пяцідзясятых з розных бакоў падыходзяць да адной разні ў кавярні.",
    "Three very different policemen of 1950s Los Angeles come at one coffee shop massacre from different sides.",
  ],
  "film-0349": [
    "Продавец машин нанимает двух бандитов похитить собственную жену, и за дело берётся беременная начальница полиции.",
    "Прадавец машын наймае двух бандытаў выкрасці ўласную жонку, і за справу бярэцца цяжарная начальніца паліцыі.",
    "A car salesman hires two crooks to kidnap his own wife, and a pregnant police chief takes the case.",
  ],
  "film-1770": [
    "Осторожная рыба-клоун переплывает океан, чтобы вернуть сына, пойманного для аквариума.",
    "Асцярожная рыба-клоун пераплывае акіян, каб вярнуць сына, злоўленага для акварыума.",
    "A cautious clownfish crosses the ocean to bring back his son, who was caught for an aquarium.",
  ],
  "film-2741": [
    "Огр-отшельник отправляется за принцессой, чтобы вернуть себе болото, и берёт в спутники болтливого осла.",
    "Огр-пустэльнік выпраўляецца па прынцэсу, каб вярнуць сабе балота, і бярэ ў спадарожнікі балбатлівага асла.",
    "To get his swamp back a hermit ogre sets out to fetch a princess, with a talkative donkey at his side.",
  ],
  "film-0025": [
    "Экспедиция летит к Юпитеру по следу загадочного монолита, а компьютер корабля ведёт себя всё страннее.",
    "Экспедыцыя ляціць да Юпітэра па слядах загадкавага маналіта, а камп’ютар карабля паводзіць сябе ўсё дзіўней.",
    "An expedition flies to Jupiter after a mysterious monolith while the ship's computer behaves ever more strangely.",
  ],
  "film-2405": [
    "Семья супергероев, которым запретили подвиги, скучает в пригороде, пока отец не получает тайное приглашение.",
    "Сям’я супергерояў, якім забаранілі подзвігі, сумуе ў прадмесці, пакуль бацька не атрымлівае таемнае запрашэнне.",
    "A family of superheroes banned from heroics is bored in the suburbs until the father gets a secret invitation.",
  ],
  "film-1449": [
    "В мире, где восемнадцать лет не рождаются дети, чиновнику поручают беременную беженку.",
    "У свеце, дзе васямнаццаць гадоў не нараджаюцца дзеці, чыноўніку даручаюць цяжарную бежанку.",
    "In a world where no child has been born for eighteen years a clerk is entrusted with a pregnant refugee.",
  ],
  "film-3008": [
    "Страховой агент начинает догадываться, что весь его город — декорация, а жизнь показывают по телевизору.",
    "Страхавы агент пачынае здагадвацца, што ўвесь яго горад — дэкарацыя, а жыццё паказваюць па тэлевізары.",
    "An insurance agent begins to suspect that his town is a film set and his life is a television show.",
  ],
  "film-0991": [
    "Бессонный ветеран водит такси по ночному Нью-Йорку и всё сильнее хочет очистить город от грязи.",
    "Бяссонны ветэран водзіць таксі па начным Нью-Ёрку і ўсё мацней хоча ачысціць горад ад бруду.",
    "A sleepless veteran drives a cab through New York nights and longs more and more to clean the city up.",
  ],
  "film-0608": [
    "Король Артур с рыцарями ищет Грааль и встречает грубых французов, кролика-убийцу и другие нелепости.",
    "Кароль Артур з рыцарамі шукае Грааль і сустракае грубых французаў, труса-забойцу і іншыя недарэчнасці.",
    "King Arthur and his knights seek the Grail and meet rude Frenchmen, a killer rabbit and other absurdities.",
  ],
  "film-2488": [
    "В Испании 1944 года девочка, живущая у жестокого отчима-капитана, получает от фавна три задания.",
    "У Іспаніі 1944 года дзяўчынка, што жыве ў жорсткага айчыма-капітана, атрымлівае ад фаўна тры заданні.",
    "In the Spain of 1944 a girl who lives with her cruel stepfather is given three tasks by a faun.",
  ],
  "film-2161": [
    "Последний врач в опустевшем Нью-Йорке днём ищет лекарство от вируса, а ночью прячется от заражённых.",
    "Апошні ўрач у апусцелым Нью-Ёрку ўдзень шукае лекі ад віруса, а ўначы хаваецца ад заражаных.",
    "The last doctor in an empty New York looks for a cure by day and hides from the infected by night.",
  ],
  "film-0816": [
    "Кубинский беженец без гроша пробивается на вершину кокаиновой торговли Майами.",
    "Кубінскі бежанец без гроша прабіваецца на вяршыню какаінавага гандлю Маямі.",
    "A penniless Cuban refugee fights his way to the top of Miami's cocaine trade.",
  ],
  "film-1592": [
    "Чиновник, который выселяет инопланетян из гетто в Йоханнесбурге, заражается и сам становится добычей.",
    "Чыноўнік, які высяляе іншапланетнікаў з гета ў Ёханэсбургу, заражаецца і сам становіцца здабычай.",
    "A clerk evicting aliens from a Johannesburg ghetto is infected and becomes the hunted one himself.",
  ],
  "film-0486": [
    "На острове, где воссоздали динозавров, отключается защита, пока там гостят учёные и дети.",
    "На востраве, дзе адрадзілі дыназаўраў, адключаецца ахова, пакуль там гасцююць навукоўцы і дзеці.",
    "On an island of recreated dinosaurs the fences fail while scientists and children are visiting.",
  ],
  "film-0993": [
    "Ковбой Вуди — любимая игрушка мальчика, пока тому не дарят космического рейнджера Базза Лайтера.",
    "Каўбой Вудзі — улюбёная цацка хлопчыка, пакуль таму не дораць касмічнага рэйнджара База Лайтэра.",
    "Woody the cowboy is a boy's favourite toy until the space ranger Buzz Lightyear comes as a present.",
  ],
  "film-2187": [
    "Нелепая семья едет через полстраны в старом фургоне, чтобы дочка успела на детский конкурс красоты.",
    "Недарэчная сям’я едзе праз паўкраіны ў старым фургоне, каб дачка паспела на дзіцячы конкурс прыгажосці.",
    "An odd family crosses half the country in an old van so that the daughter can enter a children's beauty pageant.",
  ],
  "film-0967": [
    "Молодой эдинбуржец раз за разом пытается бросить героин и друзей, которые тянут его обратно.",
    "Малады эдынбуржац раз за разам спрабуе кінуць гераін і сяброў, якія цягнуць яго назад.",
    "A young man in Edinburgh keeps trying to leave heroin and the friends who pull him back to it.",
  ],
  "film-2508": [
    "Джек Воробей должен отдать долг морскому дьяволу Дейви Джонсу и охотится за сундуком, где спрятано его сердце.",
    "Джэк Верабей мусіць вярнуць доўг марскому д’яблу Дэйві Джонсу і палюе на куфар, дзе схавана яго сэрца.",
    "Jack Sparrow owes a debt to Davy Jones, the devil of the sea, and hunts for the chest that hides his heart.",
  ],
  "film-1853": [
    "Уборщик из университета решает задачи, непосильные профессорам, а психолог учит его доверять людям.",
    "Прыбіральшчык з універсітэта рашае задачы, непасільныя прафесарам, а псіхолаг вучыць яго давяраць людзям.",
    "A university janitor solves problems beyond the professors while a therapist teaches him to trust people.",
  ],
  "film-2100": [
    "Шестнадцатилетняя Джуно ждёт ребёнка и сама подыскивает ему приёмных родителей по объявлению.",
    "Шаснаццацігадовая Джуна чакае дзіця і сама шукае яму прыёмных бацькоў па аб’яве.",
    "Sixteen-year-old Juno is expecting a baby and picks its adoptive parents from an advertisement herself.",
  ],
  "film-0456": [
    "Над крупнейшими городами Земли зависают огромные корабли, и у людей остаётся мало времени, чтобы дать отпор.",
    "Над найбуйнейшымі гарадамі Зямлі завісаюць велізарныя караблі, і ў людзей застаецца мала часу, каб даць адпор.",
    "Huge ships stop above the largest cities of Earth, and people have little time to strike back.",
  ],
  "film-2365": [
    "Машины роют туннель к последнему городу людей, а Нео ищет путь к тому, кто создал Матрицу.",
    "Машыны рыюць тунэль да апошняга горада людзей, а Неа шукае шлях да таго, хто стварыў Матрыцу.",
    "The machines dig towards the last human city while Neo seeks the way to the one who made the Matrix.",
  ],
  "film-1356": [
    "Борн приближается к разгадке своего прошлого, а за ним по всему миру следит тайная программа ЦРУ.",
    "Борн набліжаецца да разгадкі свайго мінулага, а за ім па ўсім свеце сочыць таемная праграма ЦРУ.",
    "Bourne draws near the truth of his past while a secret CIA program watches him all over the world.",
  ],
  "film-2824": [
    "Питер Паркер устал от двойной жизни, когда учёный с механическими щупальцами угрожает городу.",
    "Пітэр Паркер стаміўся ад падвойнага жыцця, калі навуковец з механічнымі шчупальцамі пагражае гораду.",
    "Peter Parker is tired of his double life just when a scientist with mechanical arms threatens the city.",
  ],
  "film-2825": [
    "Инопланетная слизь делает костюм Человека-паука чёрным, а его самого — сильнее и злее.",
    "Іншапланетная слізь робіць касцюм Чалавека-павука чорным, а яго самога — мацнейшым і злейшым.",
    "An alien slime turns Spider-Man's suit black and makes the man in it stronger and crueller.",
  ],
  "film-2282": [
    "Пожилой тренер, не бравшийся за женщин, уступает упрямой официантке, которая хочет стать боксёром.",
    "Стары трэнер, які не браўся за жанчын, саступае ўпартай афіцыянтцы, што хоча стаць баксёркай.",
    "An old coach who never trained women gives in to a stubborn waitress determined to become a boxer.",
  ],
  "film-1301": [
    "Сын пытается понять, что в невероятных рассказах его умирающего отца было правдой.",
    "Сын спрабуе зразумець, што ў неверагодных аповедах яго паміраючага бацькі было праўдай.",
    "A son tries to learn how much of his dying father's unbelievable stories was true.",
  ],
  "film-2453": [
    "Только что выйдя из тюрьмы, Дэнни Оушен собирает команду, чтобы за одну ночь ограбить три казино.",
    "Толькі выйшаўшы з турмы, Дэні Оўшэн збірае каманду, каб за адну ноч абрабаваць тры казіно.",
    "Fresh out of prison, Danny Ocean gathers a crew to rob three casinos in a single night.",
  ],
  "film-0488": [
    "У курортного острова появляется огромная белая акула, а мэр не хочет закрывать пляжи в разгар лета.",
    "Каля курортнага вострава з’яўляецца велізарная белая акула, а мэр не хоча закрываць пляжы ў разгар лета.",
    "A huge white shark comes to a resort island whose mayor won't close the beaches at the height of summer.",
  ],
  "film-1271": [
    "Бенджамин родился стариком и с каждым годом молодеет, а девочка, которую он любит, взрослеет как все.",
    "Бенджамін нарадзіўся старым і з кожным годам маладзее, а дзяўчынка, якую ён кахае, сталее, як усе.",
    "Benjamin was born old and grows younger every year, while the girl he loves grows up like everyone else.",
  ],
  "film-0536": [
    "Львёнок Симба, наследник саванны, бежит из дома, решив, что виноват в гибели отца.",
    "Ільвяня Сімба, спадчыннік саваны, уцякае з дому, палічыўшы, што вінаватае ў гібелі бацькі.",
    "Simba, a lion cub and heir of the savanna, runs from home believing himself guilty of his father's death.",
  ],
  "film-1064": [
    "Прощальную вечеринку в Нью-Йорке прерывает нападение огромного существа, и друзья снимают всё на камеру.",
    "Развітальную вечарыну ў Нью-Ёрку перапыняе напад велізарнай істоты, і сябры здымаюць усё на камеру.",
    "A farewell party in New York is cut short by a gigantic creature, and the friends film it all.",
  ],
  "film-2348": [
    "Полицейский, который арестовывает убийц до преступления, сам попадает в список будущих убийц.",
    "Паліцэйскі, які арыштоўвае забойцаў да злачынства, сам трапляе ў спіс будучых забойцаў.",
    "A policeman who arrests murderers before the crime finds his own name on the list of murderers to come.",
  ],
  "film-2030": [
    "В годы холодной войны Индиана Джонс ищет хрустальный череп, который нужен и советской разведке.",
    "У гады халоднай вайны Індыяна Джонс шукае крыштальны чэрап, які патрэбны і савецкай разведцы.",
    "In the Cold War years Indiana Jones seeks a crystal skull that Soviet agents want as well.",
  ],
  "film-0390": [
    "Язвительный ведущий прогноза погоды снова и снова просыпается в одном и том же дне в маленьком городке.",
    "З’едлівы вядучы прагнозу надвор’я зноў і зноў прачынаецца ў тым самым дні ў маленькім гарадку.",
    "A sour weatherman keeps waking up to the very same day in a small town.",
  ],
  "film-2728": [
    "Неудачник Шон пытается вернуть девушку и спасти маму в день, когда по Лондону пошли зомби.",
    "Няўдачнік Шон спрабуе вярнуць дзяўчыну і выратаваць маму ў дзень, калі па Лондане пайшлі зомбі.",
    "Luckless Shaun tries to win back his girlfriend and save his mum on the day the zombies come to London.",
  ],
  "film-2505": [
    "Польский пианист прячется в руинах Варшавы, где его спасают музыка, случай и чужая доброта.",
    "Польскі піяніст хаваецца ў руінах Варшавы, дзе яго ратуюць музыка, выпадак і чужая дабрыня.",
    "A Polish pianist hides in the ruins of Warsaw, kept alive by music, chance and the kindness of strangers.",
  ],
  "film-2813": [
    "Два школьных друга обещают достать выпивку для вечеринки и понравиться девушкам, но всё идёт наперекосяк.",
    "Два школьныя сябры абяцаюць дастаць выпіўку для вечарыны і спадабацца дзяўчатам, але ўсё ідзе наперакасяк.",
    "Two school friends promise to bring the drinks to a party and impress the girls, and everything goes wrong.",
  ],
  "film-2998": [
    "Бунтарь Кирк и рассудительный Спок впервые летят на «Энтерпрайзе», которому угрожает мститель из будущего.",
    "Бунтар Кірк і разважлівы Спок упершыню ляцяць на «Энтэрпрайзе», якому пагражае мсцівец з будучыні.",
    "Rebellious Kirk and reasonable Spock first fly on the Enterprise, threatened by an avenger from the future.",
  ],
  "film-2509": [
    "Чтобы выстоять против Ост-Индской компании, пираты плывут на край света за пропавшим Джеком Воробьём.",
    "Каб выстаяць супраць Ост-Індскай кампаніі, піраты плывуць на край свету па зніклага Джэка Вераб’я.",
    "To stand against the East India Company the pirates sail to the end of the world for the lost Jack Sparrow.",
  ],
  "film-2124": [
    "Съёмочная группа плывёт на неизвестный остров, где огромная обезьяна привязывается к актрисе.",
    "Здымачная група плыве на невядомы востраў, дзе велізарная малпа прывязваецца да актрысы.",
    "A film crew sails to an unknown island where a giant ape grows attached to the actress.",
  ],
  "film-3101": [
    "В мире, где супергерои вне закона, один из бывших мстителей расследует убийство товарища.",
    "У свеце, дзе супергероі па-за законам, адзін з былых мсціўцаў расследуе забойства таварыша.",
    "In a world where superheroes are outlawed a former avenger looks into the murder of a comrade.",
  ],
  "film-1976": [
    "Сирота Гарри в одиннадцать лет узнаёт, что он волшебник, и едет учиться в школу Хогвартс.",
    "Сірата Гары ў адзінаццаць гадоў даведваецца, што ён чараўнік, і едзе вучыцца ў школу Хогвартс.",
    "At eleven the orphan Harry learns that he is a wizard and leaves for a school called Hogwarts.",
  ],
  "film-2597": [
    "Крыса с тонким нюхом мечтает стать поваром и тайно помогает неумелому парню на кухне парижского ресторана.",
    "Пацук з тонкім нюхам марыць стаць кухарам і таемна дапамагае няўмеламу хлопцу на кухні парыжскага рэстарана.",
    "A rat with a fine nose dreams of being a chef and secretly helps a clumsy boy in a Paris restaurant.",
  ],
  "film-1736": [
    "В машину таксиста из двадцать третьего века падает девушка, от которой зависит судьба Земли.",
    "У машыну таксіста з дваццаць трэцяга стагоддзя падае дзяўчына, ад якой залежыць лёс Зямлі.",
    "A girl on whom the fate of the Earth depends falls into the cab of a twenty-third-century driver.",
  ],
  "film-2214": [
    "Стареющий актёр и молодая жена фотографа, одинокие в чужом Токио, находят друг друга.",
    "Актор у гадах і маладая жонка фатографа, самотныя ў чужым Токіа, знаходзяць адно аднаго.",
    "An ageing actor and a photographer's young wife, lonely in a strange Tokyo, find each other.",
  ],
  "film-1587": [
    "Хакеры отключают одну за другой системы страны, и старомодный полицейский Маклейн выходит против них.",
    "Хакеры адключаюць адну за адной сістэмы краіны, і старамодны паліцэйскі Маклейн выходзіць супраць іх.",
    "Hackers shut down the country's systems one by one, and the old-fashioned policeman McClane takes them on.",
  ],
  "film-1988": [
    "Слишком хорошего лондонского полицейского переводят в тихую деревню, где подозрительно много несчастных случаев.",
    "Занадта добрага лонданскага паліцэйскага пераводзяць у ціхую вёску, дзе падазрона шмат няшчасных выпадкаў.",
    "A London officer who is too good is moved to a quiet village with suspiciously many accidents.",
  ],
  "film-3005": [
    "Троянский царевич увозит жену спартанского царя, и тысяча кораблей греков отправляется к Трое.",
    "Траянскі царэвіч вывозіць жонку спартанскага цара, і тысяча караблёў грэкаў выпраўляецца да Троі.",
    "A Trojan prince carries off the wife of Sparta's king, and a thousand Greek ships sail for Troy.",
  ],
  "film-1947": [
    "Наутро после мальчишника в Вегасе друзья ничего не помнят, а жених пропал.",
    "Раніцай пасля халасцяцкай вечарыны ў Вегасе сябры нічога не памятаюць, а жаніх знік.",
    "The morning after a bachelor party in Vegas the friends remember nothing and the groom is missing.",
  ],
  "film-1338": [
    "Гениальный математик Джон Нэш делает открытия и всё хуже отличает настоящее от воображаемого.",
    "Геніяльны матэматык Джон Нэш робіць адкрыцці і ўсё горш адрознівае сапраўднае ад уяўнага.",
    "The brilliant mathematician John Nash makes discoveries and finds it ever harder to tell what is real.",
  ],
  "film-0728": [
    "Дедушка читает внуку сказку о пастухе, пропавшем в море, и его возлюбленной, которую прочат за злого принца.",
    "Дзядуля чытае ўнуку казку пра парабка, які знік у моры, і яго каханую, якую сватаюць за злога прынца.",
    "A grandfather reads a tale of a farm boy lost at sea and his beloved, who is promised to a wicked prince.",
  ],
  "film-2366": [
    "Машины штурмуют Зион, а Нео понимает, что у людей и Матрицы появился общий враг.",
    "Машыны штурмуюць Зіён, а Неа разумее, што ў людзей і Матрыцы з’явіўся агульны вораг.",
    "The machines storm Zion while Neo sees that people and the Matrix now share an enemy.",
  ],
  "film-1354": [
    "Рыбаки вылавливают в море человека, который не помнит своего имени, но отлично умеет драться и уходить от погони.",
    "Рыбакі вылоўліваюць у моры чалавека, які не памятае свайго імя, але выдатна ўмее біцца і ўцякаць ад пагоні.",
    "Fishermen pull from the sea a man who can't recall his name but knows how to fight and shake off pursuers.",
  ],
  "film-2300": [
    "За один день в Лос-Анджелесе переплетаются судьбы людей, которым трудно просить прощения.",
    "За адзін дзень у Лос-Анджэлесе пераплятаюцца лёсы людзей, якім цяжка прасіць прабачэння.",
    "In one Los Angeles day the lives of people who find it hard to ask forgiveness become entwined.",
  ],
  "film-3173": [
    "Мутант Росомаха, не помнящий прошлого, находит приют в школе профессора Ксавье накануне войны с людьми.",
    "Мутант Расамаха, які не памятае мінулага, знаходзіць прытулак у школе прафесара Ксаўе напярэдадні вайны з людзьмі.",
    "The mutant Wolverine, with no memory of his past, finds shelter in Professor Xavier's school on the eve of war.",
  ],
  "film-1971": [
    "На втором году учёбы Гарри кто-то открывает в Хогвартсе комнату с чудовищем, и ученики каменеют.",
    "На другім годзе вучобы Гары нехта адчыняе ў Хогвартсе пакой з пачварай, і вучні камянеюць.",
    "In Harry's second year someone opens a chamber with a monster in Hogwarts, and pupils turn to stone.",
  ],
  "film-2290": [
    "Нью-йоркского полицейского берут в тайную службу, которая следит за пришельцами, живущими среди нас.",
    "Нью-ёркскага паліцэйскага бяруць у таемную службу, якая сочыць за прышэльцамі, што жывуць сярод нас.",
    "A New York policeman joins a secret agency that watches over the aliens living among us.",
  ],
  "film-2395": [
    "Трое друзей детства встречаются снова, когда у одного из них убивают дочь.",
    "Трое сяброў дзяцінства сустракаюцца зноў, калі ў аднаго з іх забіваюць дачку.",
    "Three childhood friends meet again when the daughter of one of them is murdered.",
  ],
  "film-2987": [
    "Вуди похищает коллекционер, и друзья-игрушки отправляются за ним через весь город.",
    "Вудзі выкрадае калекцыянер, і сябры-цацкі выпраўляюцца па яго праз увесь горад.",
    "A collector steals Woody, and his fellow toys set out across town to bring him home.",
  ],
  "film-0020": [
    "Один присяжный из двенадцати сомневается в вине подсудимого и просит остальных подумать ещё раз.",
    "Адзін прысяжны з дванаццаці сумняваецца ў віне падсуднага і просіць астатніх падумаць яшчэ раз.",
    "One juror of twelve doubts that the accused is guilty and asks the others to think again.",
  ],
  "film-1280": [
    "В воюющей Сьерра-Леоне рыбак прячет редкий алмаз, и контрабандист обещает за него вернуть ему семью.",
    "У ахопленай вайной Сьера-Леонэ рыбак хавае рэдкі алмаз, і кантрабандыст абяцае за яго вярнуць яму сям’ю.",
    "In wartime Sierra Leone a fisherman hides a rare diamond, and a smuggler offers to find his family for it.",
  ],
  "film-2754": [
    "Гомер устраивает экологическую катастрофу, и Спрингфилд накрывают огромным куполом.",
    "Гомер ладзіць экалагічную катастрофу, і Спрынгфілд накрываюць велізарным купалам.",
    "Homer causes an environmental disaster, and Springfield is sealed under a giant dome.",
  ],
  "film-1657": [
    "Убийство в Лувре отправляет профессора и шифровальщицу по следу загадок, спрятанных в картинах и храмах.",
    "Забойства ў Луўры адпраўляе прафесара і шыфравальшчыцу па следзе загадак, схаваных у карцінах і храмах.",
    "A murder in the Louvre sets a professor and a cryptologist on a trail of riddles in paintings and churches.",
  ],
  "film-1374": [
    "Два пастуха за лето в горах Вайоминга сближаются и годами скрывают свою любовь.",
    "Два пастухі за лета ў гарах Ваёмінга збліжаюцца і гадамі хаваюць сваё каханне.",
    "Two herders grow close over a summer in the Wyoming mountains and hide their love for years.",
  ],
  "film-1166": [
    "Неприметный водитель строит в Гарлеме героиновую империю, а честный полицейский ищет, кто за ней стоит.",
    "Непрыкметны кіроўца будуе ў Гарлеме гераінавую імперыю, а сумленны паліцэйскі шукае, хто за ёй стаіць.",
    "A quiet driver builds a heroin empire in Harlem while an honest policeman looks for the man behind it.",
  ],
  "film-1288": [
    "Кукольник находит на работе дверцу, ведущую в голову актёра Джона Малковича.",
    "Лялечнік знаходзіць на працы дзверцы, якія вядуць у галаву актора Джона Малкавіча.",
    "At work a puppeteer finds a little door that leads into the head of the actor John Malkovich.",
  ],
  "film-1807": [
    "Сын погибшего вождя ирландцев возвращается в Нью-Йорк XIX века и входит в доверие к убийце отца.",
    "Сын загінулага важака ірландцаў вяртаецца ў Нью-Ёрк XIX стагоддзя і ўваходзіць у давер да забойцы бацькі.",
    "The son of a fallen Irish leader returns to old New York and wins the trust of his father's killer.",
  ],
  "film-2684": [
    "Двое незнакомцев просыпаются прикованными в старой ванной и слышат условия жестокой игры.",
    "Двое незнаёмцаў прачынаюцца прыкаванымі ў старой ваннай і чуюць умовы жорсткай гульні.",
    "Two strangers wake up chained in an old bathroom and hear the terms of a cruel game.",
  ],
  "film-3174": [
    "После нападения на президента мутантам грозит уничтожение, и давним врагам приходится объединиться.",
    "Пасля нападу на прэзідэнта мутантам пагражае знішчэнне, і даўнім ворагам даводзіцца аб’яднацца.",
    "After an attack on the president mutants face extermination, and old enemies have to join forces.",
  ],
  "film-1973": [
    "Имя Гарри вылетает из кубка, и ему приходится участвовать в опасном турнире трёх школ волшебников.",
    "Імя Гары вылятае з кубка, і яму даводзіцца ўдзельнічаць у небяспечным турніры трох школ чараўнікоў.",
    "Harry's name comes out of the goblet, and he must take part in a dangerous contest of three wizard schools.",
  ],
  "film-2751": [
    "Бывший священник находит на своём кукурузном поле огромные круги, и тревога приходит в его дом.",
    "Былы святар знаходзіць на сваім кукурузным полі велізарныя кругі, і трывога прыходзіць у яго дом.",
    "A former priest finds vast circles in his cornfield, and fear comes into his house.",
  ],
  "film-0149": [
    "В Готэме появляется таинственный мститель в костюме летучей мыши, а с ним и хохочущий преступник.",
    "У Готэме з’яўляецца таямнічы мсцівец у касцюме кажана, а з ім і злачынец, які рагоча.",
    "A mysterious avenger dressed as a bat appears in Gotham, and a laughing criminal with him.",
  ],
  "film-2125": [
    "Успешная телеведущая беременеет после случайной ночи с лентяем, и оба пробуют стать парой.",
    "Паспяховая тэлевядучая зацяжарвае пасля выпадковай ночы з гультаём, і абое спрабуюць стаць парай.",
    "A rising TV presenter is pregnant after one night with a slacker, and the two try to become a couple.",
  ],
  "film-0641": [
    "В индийской деревне пропали дети и священный камень, и Индиана Джонс находит под дворцом тайный культ.",
    "У індыйскай вёсцы зніклі дзеці і свяшчэнны камень, і Індыяна Джонс знаходзіць пад палацам таемны культ.",
    "Children and a sacred stone are missing from an Indian village, and Indiana Jones finds a cult under a palace.",
  ],
  "film-3057": [
    "Старик поднимает свой дом на воздушных шарах, чтобы увидеть водопад мечты, и берёт с собой случайного попутчика.",
    "Стары падымае свой дом на паветраных шарах, каб убачыць вадаспад сваёй мары, і бярэ з сабой выпадковага спадарожніка.",
    "An old man lifts his house with balloons to see the waterfall he dreamed of, with an accidental passenger aboard.",
  ],
  "film-3175": [
    "Появляется лекарство, лишающее мутантов силы, и одни видят в нём спасение, а другие — объявление войны.",
    "З’яўляюцца лекі, якія пазбаўляюць мутантаў сілы, і адны бачаць у іх ратунак, а другія — абвяшчэнне вайны.",
    "A cure that takes away the powers of mutants appears: a rescue to some, a declaration of war to others.",
  ],
  "film-1972": [
    "Из тюрьмы волшебников бежит опасный преступник, и все уверены, что он ищет Гарри.",
    "З турмы чараўнікоў уцякае небяспечны злачынец, і ўсе ўпэўненыя, што ён шукае Гары.",
    "A dangerous criminal escapes from the wizards' prison, and everyone is sure that he is after Harry.",
  ],
  "film-0715": [
    "Новобранец во Вьетнаме видит, как два сержанта делят взвод, а вместе с ним и его совесть.",
    "Навабранец у В’етнаме бачыць, як два сяржанты дзеляць узвод, а разам з ім і яго сумленне.",
    "A recruit in Vietnam watches two sergeants split the platoon, and his own conscience with it.",
  ],
  "film-0215": [
    "Мастер ставок управляет казино мафии в Лас-Вегасе, пока ему не мешают любовь и старый друг.",
    "Майстар ставак кіруе казіно мафіі ў Лас-Вегасе, пакуль яму не замінаюць каханне і стары сябар.",
    "A master of odds runs a mob casino in Las Vegas until love and an old friend get in his way.",
  ],
  "film-0794": [
    "Генерал захватывает Алькатрас с ракетами, и туда посылают химика и единственного, кто оттуда бежал.",
    "Генерал захоплівае Алькатрас з ракетамі, і туды пасылаюць хіміка і адзінага, хто адтуль уцёк.",
    "A general seizes Alcatraz with rockets, and a chemist goes in with the only man who ever escaped from there.",
  ],
  "film-2939": [
    "Взрослый Джон Коннор прячется от всех, когда из будущего прибывает новая, более совершенная убийца.",
    "Дарослы Джон Конар хаваецца ад усіх, калі з будучыні прыбывае новая, больш дасканалая забойца.",
    "A grown John Connor lives in hiding when a new and better assassin arrives from the future.",
  ],
  "film-2766": [
    "Сыщик, верящий только в науку, расследует в глухой деревне убийства, которые приписывают всаднику без головы.",
    "Сышчык, які верыць толькі ў навуку, расследуе ў глухой вёсцы забойствы, якія прыпісваюць конніку без галавы.",
    "A detective who trusts only science investigates village murders blamed on a headless horseman.",
  ],
  "film-1784": [
    "Экипаж маленького грузового корабля укрывает девушку-телепата, за которой охотится власть всей системы.",
    "Экіпаж маленькага грузавога карабля хавае дзяўчыну-тэлепатку, за якой палюе ўлада ўсёй сістэмы.",
    "The crew of a small cargo ship shelters a telepathic girl hunted by the rulers of the whole system.",
  ],
} as const satisfies Record<keyof typeof FILM_NAMES, TextRow>;
