// Writes to the database of its argument until it is killed, and says once when it has begun.
import { keyOf, openStore } from './open-store.js';

const { world } = await openStore({ durable: process.argv[2] });
for (let number = 0; ; number++) {
  await world.observe({ key: keyOf(number), value: { on: true, number }, origin: 'bench' });
  if (number === 200) process.stdout.write('under way');
}
