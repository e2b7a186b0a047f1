/** The locale of the window's texts. */
const locale = "en";

/** A length of time in words: "8 minutes", "12 seconds". */
export function duration(seconds: number): string {
  const [count, unit] = seconds >= 60 ? [Math.ceil(seconds / 60), "minute"] : [seconds, "second"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

/** A date and time in the local time zone: "Nov 24, 2026, 12:58 PM". */
export function dateTime(at: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(Date.parse(at));
}

/** A time of day in the local time zone: "12:58 PM". */
export function timeOfDay(at: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(Date.parse(at));
}
