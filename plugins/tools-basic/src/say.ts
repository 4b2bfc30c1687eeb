import type { Language } from './languages/index.js';

/** A number as the language writes it, with no more digits than anybody wants to hear. */
export function sayNumber(value: number, language: Language, maxDigits = 10): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e15 || size < 1e-6)) {
    const exponent = Math.floor(Math.log10(size));
    return language.power(format(value / 10 ** exponent, language, 3), exponent);
  }
  return format(value, language, maxDigits);
}

function format(value: number, language: Language, maximumSignificantDigits: number): string {
  // Whole numbers keep all their digits.
  const options = Number.isInteger(value) ? {} : { maximumSignificantDigits };
  return new Intl.NumberFormat(language.tag, options).format(value).replace(/[\u00a0\u202f]/g, ' ');
}

/** A span of time in days, hours, minutes and seconds. */
export function sayDuration(seconds: number, language: Language): string {
  const { spans } = language;
  let rest = Math.max(0, Math.ceil(seconds));
  const parts: string[] = [];
  for (const [length, [one, many]] of [
    [86_400, spans.day],
    [3_600, spans.hour],
    [60, spans.minute],
    [1, spans.second],
  ] as const) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0 || (length === 1 && parts.length === 0)) parts.push(`${count} ${count === 1 ? one : many}`);
  }
  const last = parts.pop() ?? '';
  return parts.length === 0 ? last : `${parts.join(', ')} ${spans.and} ${last}`;
}
