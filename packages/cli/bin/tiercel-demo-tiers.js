#!/usr/bin/env node
const { run } = require('./run.js');

run(() => import('../dist/demo-tiers/main.js'));
