/** Hosts that models may come from, and those that their downloads are redirected to. `*.` stands for any sub-domain. */
export const DEFAULT_HOSTS: readonly string[] = [
  'huggingface.co',
  '*.huggingface.co',
  '*.hf.co',
  'github.com',
  '*.githubusercontent.com',
];

export interface UrlRules {
  /** A listed host of this machine itself (`localhost`, `127.…`) may also be asked by plain http: a mirror there has no certificate. */
  readonly hosts: readonly string[];
}

/** Why nothing may be downloaded from `url`, or `undefined` if it may. */
export function findUrlProblem(url: string, rules: UrlRules): string | undefined {
  if (!URL.canParse(url)) return 'is not an address';
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return 'holds a user name or password';
  const isMirror = protocol === 'http:' && isLoopback(hostname);
  if (protocol !== 'https:' && !isMirror) return `uses ${protocol.slice(0, -1)}, not https`;
  if (rules.hosts.some((pattern) => matches(hostname, pattern))) return undefined;
  return isMirror ? 'uses http, not https' : `host ${hostname} is not allowed`;
}

function matches(hostname: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase();
  return wanted.startsWith('*.') ? hostname.endsWith(wanted.slice(1)) : hostname === wanted;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** An address as it may stand in a message: without query, because signed addresses carry a credential there. */
export function printableUrl(url: string): string {
  if (!URL.canParse(url)) return '(not an address)';
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
