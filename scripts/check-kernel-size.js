// The kernel stays small: lines of code per folder, without comments, imports, exports of the index and texts of messages.
import { read, sources } from './workspace.js';

const bounds = { plugin: 470, manifest: 720, plan: 1_100, node: 1_270, 'the rest': 170 };
const texts = /\/(errors|problems|index)\.ts$/;

const sizes = Object.fromEntries(Object.keys(bounds).map((name) => [name, 0]));
for (const file of sources('kernel', /\.ts$/)) {
  if (texts.test(file) || file.includes('.test.')) continue;
  const [, folder = ''] = /^kernel\/src\/(\w+)\//.exec(file) ?? [];
  const code = read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^import [\s\S]*?;$/gm, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*\/\//.test(line));
  sizes[folder in bounds ? folder : 'the rest'] += code.length;
}

const rows = Object.entries(bounds).map(([name, bound]) => ({ name, size: sizes[name], bound }));
const total = rows.reduce((sum, { size }) => sum + size, 0);
console.log(
  `${rows.map(({ name, size, bound }) => `${name} ${size} of ${bound}`).join(', ')}; ${total} in all`,
);
const faults = rows.filter(({ size, bound }) => size > bound);
for (const { name } of faults)
  console.error(`kernel/src, ${name}: larger than its bound. Move something out.`);
process.exit(faults.length > 0 ? 1 : 0);
