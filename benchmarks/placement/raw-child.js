// The least that a child process can do: answer each message with its payload.
process.on('message', ({ id, bytes }) => process.send({ id, bytes }));
