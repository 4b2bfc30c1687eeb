import { fileURLToPath } from 'node:url';
import { boot } from '@tiercel/kernel';
import { Doorbell } from './doorbell.js';

const manifest = fileURLToPath(new URL('../tier.yaml', import.meta.url));

await using node = await boot({ manifest });

console.log(node.plugins.map(({ plugin, state }) => `${plugin} is ${state}`).join(', '));
console.log(await node.get(Doorbell).ring('Ada'));
console.log(await node.get(Doorbell).ring('Grace'));
