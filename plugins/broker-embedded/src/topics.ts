/** Whether a filter of MQTT takes in a topic. Filters that start with a wildcard leave out topics that start with `$`. */
export function matchesFilter(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const wanted = filter.split('/');
  const given = topic.split('/');
  for (const [index, part] of wanted.entries()) {
    if (part === '#') return true;
    if (index >= given.length || (part !== '+' && part !== given[index])) return false;
  }
  return wanted.length === given.length;
}
