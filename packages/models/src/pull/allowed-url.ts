/** Hosts that models may come from, and those that their downloads are redirected to. `*.` stands for any sub-domain. */
export const DEFAULT_HOSTS: readonly string[] = [
  'huggingface.co',
  '*.huggingface.co',
  '*.hf.co',
  'github.com',
  '*.githubusercontent.com',
];

export interface UrlRules {
  readonly hosts: readonly string[];
  /** Plain http to this machine itself, for tests and local mirrors. */
  readonly isLoopbackHttpAllowed?: boolean | undefined;
}

/** Why nothing may be downloaded from `url`, or `undefined` if it may. */
export function findUrlProblem(url: string, rules: UrlRules): string | undefined {
  if (!URL.canParse(url)) return 'is not an address';
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return 'holds a user name or password';
  if (protocol === 'http:' && rules.isLoopbackHttpAllowed === true && isLoopback(hostname)) return undefined;
  if (protocol !== 'https:') return `uses ${protocol.slice(0, -1)}, not https`;
  return rules.hosts.some((pattern) => matches(hostname, pattern))
    ? undefined
    : `host ${hostname} is not allowed`;
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
