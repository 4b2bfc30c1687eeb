/** Why a text is no filter for topics (MQTT 5, section 4.7). */
export function findInTopicFilter(filter: string): string | undefined {
  if (filter === '') return 'it is empty';
  if (filter.includes('\0')) return 'it holds a NUL character';
  const levels = filter.split('/');
  for (const [index, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1)) {
      return '"#" stands alone at the end, as in "telemetry/#"';
    }
    if (level.includes('+') && level !== '+')
      return '"+" stands for a whole level, as in "telemetry/+/power"';
  }
  return undefined;
}

/** Whether a topic is among those that a filter asks for. */
export function matchesTopicFilter(topic: string, filter: string): boolean {
  // Topics of the broker itself are found by name only.
  if (topic.startsWith('$') && !filter.startsWith('$')) return false;
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
