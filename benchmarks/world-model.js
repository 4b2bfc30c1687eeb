// What the world model costs: reads in a store of any size, changes that are kept on disk against SQLite used directly, and
// the way from one edge over the core to another against two bare hops of MQTT.
import { measureDurable } from './world-model/durable.js';
import { measurePropagation } from './world-model/propagation.js';
import { measureReads } from './world-model/reads.js';

export async function measure() {
  const parts = [await measureReads(), await measureDurable(), await measurePropagation()];
  return {
    results: parts.flatMap(({ results }) => results),
    goals: parts.flatMap(({ goals }) => goals),
  };
}
