import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type Announcement, checkAnnouncement, type Endpoint } from '@tiercel/capabilities/discovery';
import { isTiercelError } from '@tiercel/kernel';
import type { ResponsePacket } from 'multicast-dns';
import { LONGEST_TTL_SECONDS, SERVICE_TYPE, TTL_SECONDS } from './limits.js';

/** A resource record. */
export type Answer = NonNullable<ResponsePacket['answers']>[number];

/** One service of one node, as its records tell it (RFC 6763). */
export interface Instance {
  /** Full name, in lower case: unlike addresses it never changes. */
  readonly name: string;
  readonly service: string;
  readonly endpoint: Endpoint;
  readonly ttlSeconds: number;
}

export interface OwnInstance {
  /** First label of its name. */
  readonly label: string;
  readonly id: string;
  readonly announcement: Announcement;
  /** Names or addresses under which others reach it; never empty. */
  readonly hosts: readonly string[];
}

/** The records of an instance. With a life of 0 they say goodbye (RFC 6762, section 10.1). */
export function recordsOf(
  { label, id, announcement, hosts }: OwnInstance,
  ttl = TTL_SECONDS,
): readonly Answer[] {
  const { service, port, protocol = 'http', path = '', tags = [], tier, version } = announcement;
  const name = `${label}.${SERVICE_TYPE}`;
  const [named] = hosts.filter((host) => !isIPv4(host) && !isIPv6(host));
  const target = named ?? `${label}.local`;
  const text = [
    'txtvers=1',
    `service=${service}`,
    `id=${id}`,
    ...(protocol === 'http' ? [] : [`proto=${protocol}`]),
    ...(path === '' ? [] : [`path=${path}`]),
    ...tags.map((tag) => `tag=${tag}`),
    ...(version === undefined ? [] : [`version=${version}`]),
    ...(tier === undefined ? [] : [`tier=${tier}`]),
  ];
  const addresses = named === undefined ? hosts : [];
  return [
    { type: 'PTR', name: SERVICE_TYPE, ttl, data: name },
    // A host of ours is a name that nobody else has, so old records of it are forgotten.
    { type: 'SRV', name, ttl, flush: true, data: { target, port, priority: 0, weight: 0 } },
    { type: 'TXT', name, ttl, flush: true, data: text },
    ...addresses.map(
      (data): Answer => ({ type: isIPv4(data) ? 'A' : 'AAAA', name: target, ttl, flush: true, data }),
    ),
  ];
}

/** Names whose records say that they end now. */
export function goodbyesIn({ answers = [] }: Pick<ResponsePacket, 'answers'>): readonly string[] {
  return answers.flatMap((answer) =>
    isPointer(answer) && answer.ttl === 0 ? [String(answer.data).toLowerCase()] : [],
  );
}

/**
 * The instances that a message tells whole: with name, place and text. Others are as good as not there, as are those of
 * which nobody could make an address.
 *
 * @param from address of whoever sent it: if it is one of the instance, it is the one that is known to be reached
 */
export function instancesIn(packet: ResponsePacket, from: string): readonly Instance[] {
  const records = [...(packet.answers ?? []), ...(packet.additionals ?? [])];
  return records.flatMap((record) => {
    if (!isPointer(record) || record.ttl === 0) return [];
    const name = String(record.data).toLowerCase();
    const of = (type: string, owner: string) =>
      records.filter((each) => each.type === type && each.name.toLowerCase() === owner);
    const [place] = of('SRV', name);
    const [text] = of('TXT', name);
    if (place?.type !== 'SRV' || text?.type !== 'TXT') return [];
    const { target, port } = place.data;
    const addresses = [...of('A', target.toLowerCase()), ...of('AAAA', target.toLowerCase())].map((each) =>
      String((each as { readonly data: unknown }).data),
    );
    const host = addresses.includes(from) ? from : (addresses[0] ?? target);
    const instance = toInstance(name, host, port, textOf(text));
    const ttlSeconds = Math.min(record.ttl ?? TTL_SECONDS, LONGEST_TTL_SECONDS);
    return instance ? [{ ...instance, ttlSeconds }] : [];
  });
}

/** Every address of this machine under which others may reach it: not those of itself, nor those of one link. */
export function localAddresses(only: string): readonly string[] {
  if (only !== '') return [only];
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const usable = all.filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address));
  return usable.map(({ address }) => address);
}

interface Pointer {
  readonly ttl?: number | undefined;
  readonly data: string;
}

function isPointer(answer: Answer): answer is Extract<Answer, Pointer> {
  return answer.type === 'PTR' && answer.name.toLowerCase() === SERVICE_TYPE;
}

function toInstance(
  name: string,
  host: string,
  port: number,
  text: ReadonlyMap<string, readonly string[]>,
): Omit<Instance, 'ttlSeconds'> | undefined {
  const first = (key: string) => text.get(key)?.[0];
  const service = first('service') ?? '';
  const protocol = first('proto') ?? 'http';
  const path = first('path');
  const tags = text.get('tag') ?? [];
  const id = first('id') ?? name;
  if ((protocol !== 'http' && protocol !== 'https') || !/^[\x21-\x7e]{1,200}$/.test(id)) return undefined;
  try {
    checkAnnouncement({ service, port, protocol, host, tags, ...(path !== undefined && { path }) });
  } catch (error) {
    if (isTiercelError(error)) return undefined;
    throw error;
  }
  const url = `${protocol}://${host.replace(/^.*:.*$/, '[$&]')}:${port}${path ?? ''}`;
  return { name, service, endpoint: { url, id, tags: [...tags] } };
}

/** `key=value`, where the first of two equal keys counts (RFC 6763, section 6.4), but for tags, of which there may be many. */
function textOf({ data }: Extract<Answer, { readonly type: 'TXT' }>): ReadonlyMap<string, readonly string[]> {
  const parts = Array.isArray(data) ? data : [data];
  const text = new Map<string, string[]>();
  for (const part of parts) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(part.toString()) ?? [];
    if (key === undefined || value === undefined) continue;
    const values = text.get(key.toLowerCase());
    if (values) values.push(value);
    else text.set(key.toLowerCase(), [value]);
  }
  return text;
}
