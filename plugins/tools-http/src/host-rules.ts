interface HostRule {
  /** Any host that is not an IP address. */
  readonly isAny: boolean;
  /** Also stands for everything below it. */
  readonly isSuffix: boolean;
  readonly host: string;
  /** Default: the usual one of the scheme. */
  readonly port: string;
}

/** Which hosts may be asked: `example.com`, `*.example.com` (what is below it), `*` (all names), each also with a port. */
export class HostRules {
  readonly #rules: readonly HostRule[];

  /** @param patterns those that `parseHostRule` takes */
  constructor(patterns: readonly string[]) {
    this.#rules = patterns.map(parseHostRule).filter((rule) => rule !== undefined);
  }

  allows({ hostname, port }: URL): boolean {
    const host = hostname.replace(/\.$/, '');
    return this.#rules.some((rule) => rule.port === port && matches(rule, host));
  }
}

/** Nothing if it is no pattern. */
export function parseHostRule(pattern: string): HostRule | undefined {
  const [, stars = '', rest = '', port = ''] = /^(\*\.|\*)?([^*]*?)(?::(\d{1,5}))?$/.exec(pattern) ?? [];
  const isAny = stars === '*';
  if (isAny ? rest !== '' : rest === '') return undefined;
  const host = isAny ? '' : hostOf(rest);
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { isAny, isSuffix: stars === '*.', host, port: port === '80' || port === '443' ? '' : port };
}

/** As `URL` writes it, so that both sides are compared in one form. Only what is nothing but a host. */
function hostOf(text: string): string | undefined {
  const written = `http://${text}/`;
  if (!URL.canParse(written) || /[/?#@\\\s]/.test(text)) return undefined;
  const { hostname, port, pathname } = new URL(written);
  return port === '' && pathname === '/' ? hostname.replace(/\.$/, '') : undefined;
}

function matches({ isAny, isSuffix, host }: HostRule, wanted: string): boolean {
  if (isAny) return !isAddress(wanted);
  return isSuffix ? !isAddress(wanted) && wanted.endsWith(`.${host}`) : wanted === host;
}

/** `URL` writes all forms of IPv4, also octal and hexadecimal ones, as four numbers, and IPv6 in brackets. */
export function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}
