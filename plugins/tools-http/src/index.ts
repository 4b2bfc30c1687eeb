import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { definePlugin, provide } from '@tiercel/kernel';
import { AddressRules } from './address-rules.js';
import { checkSettings } from './check-settings.js';
import { HostRules } from './host-rules.js';
import { HttpToolProvider } from './http-tool-provider.js';
import { createResolveHost } from './resolve-host.js';

export { HttpError } from './errors.js';

export default definePlugin({
  name: '@tiercel/tools-http',
  version: '0.1.0',
  provides: { tools: provide(ToolProvider, { offline: false }) },
  config: {
    hosts: {
      doc: 'Hosts that may be asked: `example.com`, `*.example.com` (what is below it) or `*` (any name), each also with `:port`. What a model puts into an address reaches them',
      format: 'list',
      default: [],
    },
    plainHttp: {
      doc: 'Whether addresses may be unencrypted (http)',
      format: Boolean,
      default: false,
    },
    privateRanges: {
      doc: 'Ranges beside the public internet that may be connected to, such as `192.168.1.0/24`',
      format: 'list',
      default: [],
    },
    nameServers: {
      doc: 'Addresses of the name servers to ask, such as `192.168.1.1` or `127.0.0.1:5353`; empty: those of the machine',
      format: 'list',
      default: [],
    },
    maxBytes: {
      doc: 'Read of one page, unpacked; the rest is left',
      format: 'nat',
      default: 2_097_152,
      min: 1_024,
      max: 67_108_864,
    },
    maxTextLength: {
      doc: 'Longest text of a result, in characters',
      format: 'nat',
      default: 12_000,
      min: 100,
      max: 1_000_000,
    },
    timeoutMs: {
      doc: 'Longest call, with all redirects',
      format: 'nat',
      default: 20_000,
      min: 1,
      max: 600_000,
    },
    maxRedirects: {
      doc: 'Redirects that are followed; each is checked like the first address',
      format: 'nat',
      default: 5,
      max: 20,
    },
    userAgent: {
      doc: 'How this node names itself to servers',
      format: String,
      default: 'tiercel',
    },
  },
  needs: { memoryMiB: 25 },
  async setup({ config }) {
    checkSettings(config);
    const { got } = await import('got');
    const {
      hosts,
      plainHttp,
      privateRanges,
      maxBytes,
      maxTextLength,
      timeoutMs,
      maxRedirects,
      userAgent,
      nameServers,
    } = config;
    const rules = {
      hosts: new HostRules(hosts),
      addresses: new AddressRules(privateRanges),
      plainHttp,
      maxBytes,
      maxRedirects,
      userAgent,
    };
    const parts = { got, resolve: createResolveHost(nameServers), rules };
    return { tools: new HttpToolProvider(parts, { hosts, timeoutMs, maxTextLength }) };
  },
});
