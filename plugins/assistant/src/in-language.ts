/** What a table holds for `language`: nothing for names that every object has. Languages come from whoever calls. */
export function inLanguage<T>(table: Readonly<Record<string, T>>, language: string): T | undefined {
  return Object.hasOwn(table, language) ? table[language] : undefined;
}
