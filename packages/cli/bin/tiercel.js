#!/usr/bin/env node
const { run } = require('./run.js');

run(() => import('../dist/main.js'));
