import { defineErrors } from '@tiercel/kernel';

/** No text holds a credential or a value; topics and keys stand in them, as they do in the broker's own log. */
export const MqttError = defineErrors(
  'MqttError',
  {
    MQTT_CONFIG_INVALID: (d: { findings: readonly string[] }) =>
      `The configuration of world-model-mqtt cannot be used: ${d.findings.join('; ')}. Correct these keys in the manifest or their environment variables.`,
    MQTT_STORE_MISSING: () =>
      'world-model-mqtt in the role of a core links the world model of its node, and there is none. List world-model-memory in the manifest too.',
    MQTT_STORE_UNEXPECTED: () =>
      'world-model-mqtt in the role of an edge is the world model of its node, and there is another one. Take that out of the manifest, or set "role" to core.',
    MQTT_AWAY: (d: { broker: string }) =>
      `Broker ${d.broker} is not connected, so nothing can be published. It is tried again by itself; look at the state of this plugin for the reason.`,
    MQTT_BUSY: (d: { broker: string; waiting: number }) =>
      `${d.waiting} messages wait for broker ${d.broker} already, and this one was not taken. Publish again when some of them have gone out.`,
    MQTT_UNANSWERED: (d: { broker: string; request: string; waitedMs: number }) =>
      `Broker ${d.broker} did not confirm ${d.request} within ${d.waitedMs} ms. The connection is made anew; look at the load of the broker if this happens again.`,
    MQTT_PUBLISH_REFUSED: (d: { broker: string; topic: string; reason: string }) =>
      `Broker ${d.broker} refused a message for ${d.topic}: ${d.reason}. Look at its access rules (acl_file) and limits.`,
    MQTT_SUBSCRIBE_REFUSED: (d: { broker: string; filters: readonly string[]; reason: string }) =>
      `Broker ${d.broker} refused a subscription of ${d.filters.join(', ')}: ${d.reason}. Look at its access rules (acl_file).`,
  },
  { retryable: ['MQTT_AWAY', 'MQTT_BUSY', 'MQTT_UNANSWERED'] },
);
