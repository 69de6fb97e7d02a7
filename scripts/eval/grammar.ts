import type { Random } from "./random.ts";

export const languages = ["en", "de", "es", "fr"] as const;
export type Language = (typeof languages)[number];

export const digitWords: Record<Language, readonly string[]> = {
  en: "zero one two three four five six seven eight nine".split(" "),
  de: "null eins zwei drei vier fünf sechs sieben acht neun".split(" "),
  es: "cero uno dos tres cuatro cinco seis siete ocho nueve".split(" "),
  fr: "zéro un deux trois quatre cinq six sept huit neuf".split(" "),
};

/** `{a|b|}` is one of its alternatives, `<name>` a rule. The first rule is where a sentence begins. */
type Grammar = Record<string, readonly string[]> & { sentence: readonly string[] };

/** The sentences the demo model was trained on (layers/models/demo/training/texts.py). */
const grammars: Record<Language, Grammar> = {
  en: {
    sentence: [
      "the {meeting|class|show|party|lesson|game} {starts|ends|begins} at <number> {|on <day>|<when>}",
      "{please call|please tell|please ask|i will call|can you call} <name> {about the project|about the report|about the money|} <when>",
      "my {phone number|code|password|room number} is <digits>",
      "the weather is {sunny|cold|warm|windy|good|bad} <when>",
      "i need <number> {tickets|apples|minutes|dollars|cups of coffee|bottles of water} {please|for <name>|}",
      "we will {meet|work|eat|go} {in <city>|at the station|at home|at the hotel} <when>",
      "turn {on|off} the {light|music|radio} in the <room> {please|}",
      "the {<color>|big|small|new|old} <thing> is {in the <room>|very {big|small|old|good}|<color>|not here}",
      "{where is|how much is|i can see|do you like|open|close} the {|<color>} <thing>",
      "{hello|good morning|good evening} <name> {how are you today|thank you for your help|what time is it|welcome to <city>}",
      "{the train to|the flight to} <city> leaves at <number> {|<when>}",
      "{this is a test of the system|yes please|no thank you|thank you very much|see you {tomorrow|next week|on <day>}|what is your name|my name is <name>|i do not know|that is a good question}",
    ],
    number: "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty".split(" "),
    day: "monday tuesday wednesday thursday friday saturday sunday".split(" "),
    month: "january february march april may june july august september october november december".split(" "),
    when: "today|tomorrow|tonight|in the morning|in the evening|next week|on <day>|on <day>|in <month>".split("|"),
    color: "red blue green black white yellow".split(" "),
    thing: "car house door book dog cat table window phone train".split(" "),
    room: "kitchen bedroom office garden garage".split(" "),
    name: "john mary peter anna david sarah".split(" "),
    city: "london paris berlin madrid boston".split(" "),
  },
  de: {
    sentence: [
      "{das treffen|der kurs|das spiel} beginnt um <number> uhr {|am <day>|heute|morgen}",
      "{guten morgen|guten abend|guten tag|hallo} {wie geht es dir|mein name ist {peter|anna|david}|vielen dank}",
      "das wetter ist {heute|morgen|am <day>} {kalt|warm|gut|schlecht}",
      "meine nummer ist <digits>",
      "ich brauche <number> {karten|äpfel|minuten|flaschen wasser} {bitte|}",
      "wo ist {der bahnhof|das hotel|die küche|das buch} {bitte|}",
      "mach {das licht|die musik} {an|aus} {bitte|}",
      "{das auto|das haus|die tür} ist {rot|blau|grün|schwarz|groß|klein}",
    ],
    number: "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig".split(" "),
    day: "montag dienstag mittwoch donnerstag freitag samstag sonntag".split(" "),
  },
  es: {
    sentence: [
      "{la reunión|la clase|el juego} empieza a las <number> {|el <day>|hoy|mañana}",
      "{buenos días|buenas noches|hola} {cómo estás|mi nombre es {pedro|ana|david}|muchas gracias}",
      "el tiempo es {malo|bueno} {hoy|mañana|el <day>}",
      "mi número es <digits>",
      "necesito <number> {entradas|manzanas|minutos|botellas de agua} {por favor|}",
      "dónde está {la estación|el hotel|la cocina|el libro} {por favor|}",
      "{enciende|apaga} {la luz|la música} {por favor|}",
      "{el coche|el libro|el perro} es {rojo|negro|blanco|grande|pequeño}",
    ],
    number: "dos tres cuatro cinco seis siete ocho nueve diez once doce veinte".split(" "),
    day: "lunes martes miércoles jueves viernes sábado domingo".split(" "),
  },
  fr: {
    sentence: [
      "{la réunion|le cours|le match} commence à <number> heures {|<day>|demain}",
      "{bonjour|bonsoir|salut} {comment ça va|je suis {pierre|anne|david}|merci beaucoup}",
      "le temps est {froid|chaud|beau|mauvais} {demain|<day>}",
      "mon numéro est le <digits>",
      "il me faut <number> {billets|pommes|minutes|bouteilles} {merci|}",
      "où est {la gare|la cuisine|le livre|la porte}",
      "{allume|éteins} {la lumière|la musique|la radio}",
      "{la voiture|la maison|la porte} est {rouge|noire|blanche|grande|petite}",
    ],
    number: "deux trois quatre cinq six sept huit neuf dix onze douze vingt".split(" "),
    day: "lundi mardi mercredi jeudi vendredi samedi dimanche".split(" "),
  },
};

/** `count` digits, as words. */
export function digitString(language: Language, count: number, random: Random): string {
  return Array.from({ length: count }, () => random.choice(digitWords[language])).join(" ");
}

/** A sentence of the language's grammar: lower case, no punctuation. */
export function sentence(language: Language, random: Random): string {
  const grammar = grammars[language];
  const rule = (name: string): string => {
    if (name === "digits") return digitString(language, random.integer(2, 5), random);
    const alternatives = grammar[name];
    if (!alternatives) throw new RangeError(`the ${language} grammar has no rule <${name}>`);
    return expand(random.choice(alternatives));
  };
  const expand = (template: string): string => {
    // Innermost braces first, so that an alternative may hold alternatives.
    const chosen = template.replace(/\{([^{}]*)\}/g, (_, inside: string) => random.choice(inside.split("|")));
    if (chosen !== template) return expand(chosen);
    return template.replace(/<(\w+)>/g, (_, name: string) => rule(name));
  };
  return rule("sentence").split(/\s+/).filter(Boolean).join(" ");
}
