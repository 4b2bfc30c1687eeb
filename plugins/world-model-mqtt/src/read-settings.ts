import { hostname } from 'node:os';
import path from 'node:path';
import { defaultDataDirectory } from '@tiercel/capabilities/data-directory';
import type { MqttConfig } from './config.js';
import type { MqttSettings } from './connection/mqtt-settings.js';
import { MqttError } from './errors.js';
import { isNodeName, toNodeName } from './wire/node-name.js';
import { findInTopicFilter } from './wire/topic-filter.js';
import { findInPrefix, Topics } from './wire/topics.js';

/** Configuration that can be used. */
export interface Settings {
  readonly node: string;
  readonly connection: MqttSettings;
  /** File of an edge. */
  readonly file: string;
}

/** Throws with everything that is wrong. */
export function readSettings(config: MqttConfig): Settings {
  const { role, host, tls, caFile, certFile, keyFile, username, password } = config;
  const node = config.node || toNodeName(hostname());
  const findings = [...findInAddress(config), ...findInTopics(config)];
  if (!isNodeName(node)) {
    findings.push(`"node" (NODE_NAME) has other characters than A-Z a-z 0-9 _ . : @ -, or more than 64`);
  }
  if (findings.length > 0) throw new MqttError('MQTT_CONFIG_INVALID', { findings });
  const directory = config.dataDirectory || defaultDataDirectory();
  return {
    node,
    connection: {
      host,
      port: config.port || (tls ? 8883 : 1883),
      clientId: config.clientId || `${node}-${role}`,
      username,
      password,
      isTls: tls,
      caFile,
      certFile,
      keyFile,
    },
    file: config.outbox || path.join(directory, `outbox-${fileNameOf(node)}.db`),
  };
}

function findInAddress(config: MqttConfig): string[] {
  const { mode, host, tls, caFile, certFile, keyFile, username, password } = config;
  const findings: string[] = [];
  if (mode === 'local') {
    findings.push(
      '"mode" (WORLD_MODEL_MODE) is "local", and this plugin is for "distributed": unset it, or use world-model-memory alone',
    );
  }
  if (!/^[^\s/@]+$/.test(host)) {
    findings.push('"host" (MQTT_HOST) is not the name of a host: leave out scheme, port and user');
  }
  if (username === '' && password !== '') {
    findings.push('"password" (MQTT_PASSWORD) is set without "username" (MQTT_USERNAME)');
  }
  if (!tls && (caFile || certFile || keyFile)) {
    findings.push('files of certificates are named, but "tls" (MQTT_TLS) is off');
  }
  if ((certFile === '') !== (keyFile === '')) {
    findings.push('"certFile" (MQTT_CERT_FILE) and "keyFile" (MQTT_KEY_FILE) belong together');
  }
  return findings;
}

function findInTopics({ role, prefix, topics }: MqttConfig): string[] {
  const finding = findInPrefix(prefix);
  if (finding !== undefined) return [`"prefix" (MQTT_PREFIX) cannot be used: ${finding}`];
  if (role === 'edge') return [];
  const ours = new Topics(prefix);
  return topics.flatMap((filter) => {
    const wrong = findInTopicFilter(filter) ?? (ours.owns(filter) ? 'it lies below "prefix"' : undefined);
    return wrong === undefined ? [] : [`"${filter}" in "topics" (MQTT_TOPIC) cannot be used: ${wrong}`];
  });
}

/** Windows has no ":" in the names of files. */
function fileNameOf(node: string): string {
  return node.replaceAll(':', '-');
}
