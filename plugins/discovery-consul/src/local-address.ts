import { connect, isIP } from 'node:net';
import { raceSignal } from '@tiercel/kernel';

/**
 * The address of this machine on the way to `origin`; `undefined` if that is this machine itself, or nobody is there.
 * `signal` bounds the wait.
 */
export async function findLocalAddress(origin: string, signal: AbortSignal): Promise<string | undefined> {
  const { hostname, port, protocol } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80) });
  try {
    const connected = new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.on('error', reject);
    });
    await raceSignal(connected, signal);
    const address = socket.localAddress ?? '';
    return isIP(address) === 0 || isLoopback(address) ? undefined : address.replace(/^::ffff:/i, '');
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\./i.test(address) || address === '::1';
}
