// A server on the loopback interface that answers each request with its body.
import express from 'express';

const app = express();
app.post('/echo', express.raw({ type: '*/*', limit: '1mb' }), (request, response) => {
  response.type('application/octet-stream').send(request.body);
});
const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit(0));
