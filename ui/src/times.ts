/** The locale of the window's texts. */
const locale = "en";

/** A length of time as a person says it: "8 minutes", "12 seconds". */
export function duration(seconds: number): string {
  const [count, unit] = seconds >= 60 ? [Math.ceil(seconds / 60), "minute"] : [seconds, "second"];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

/** A day and a time of day, as people write them where this machine is. */
export function moment(at: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(Date.parse(at));
}

/** A time of day, as people write it where this machine is. */
export function timeOfDay(at: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(Date.parse(at));
}
