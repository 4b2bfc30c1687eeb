import { WorldModel } from '@tiercel/capabilities/world-model';
import type { NodeDescription } from '@tiercel/kernel';

/** How the world model is, in the words of the older system. */
export interface WorldHealth {
  readonly isHealthy: boolean;
  /** False as well where the node has nothing to do with MQTT. */
  readonly mqtt_connected: boolean;
  /** Whether the store answers. */
  readonly database: boolean;
}

/** A node that shares its world model over MQTT is healthy while it is connected; one that does not share it needs only its store. */
export function worldHealthOf({ plugins, capabilities }: NodeDescription): WorldHealth {
  const database = capabilities.some(
    ({ capability, servedBy }) => capability === WorldModel.id && servedBy !== undefined,
  );
  const links = plugins.flatMap(({ facts }) =>
    typeof facts?.['broker'] === 'string' && typeof facts['connection'] === 'string'
      ? [facts['connection']]
      : [],
  );
  const isConnected = links.includes('connected');
  return {
    isHealthy: database && (isConnected || links.length === 0),
    mqtt_connected: isConnected,
    database,
  };
}
