// The tool server of the older system in its shape: a key, two names, a method that is looked up by them.
import express from 'express';

class Echo {
  echo(args) {
    return args;
  }
}

const tools = { Echo: new Echo() };
const app = express();
app.use(express.json({ limit: '1mb' }));
app.post('/run_tool/', (request, response) => {
  if (request.headers.authorization !== `Bearer ${process.env.BENCH_KEY}`) {
    response.status(403).json({ detail: 'Invalid key' });
    return;
  }
  const { tool, method, args } = request.body;
  response.json({ result: tools[tool][method](args) });
});
const server = app.listen(0, '127.0.0.1', () => {
  process.send({ type: 'listening', url: `http://127.0.0.1:${server.address().port}` });
});
process.once('disconnect', () => process.exit(0));
