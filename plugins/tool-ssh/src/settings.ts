import type { ToolEffect, ToolLimits, ToolPhrases, ToolPolicy } from '@tiercel/capabilities/tool-provider';
import type { CommandTemplate } from './command-template.js';
import type { Parameter } from './parameter.js';

export type HostKeyRule = 'strict' | 'accept-new';

/** One machine that tools may work on. */
export interface HostSettings {
  /** What the configuration, the model and every text call it. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string | undefined;
  readonly useAgent: boolean;
  /** The only key of the agent to try. */
  readonly agentKeySha256: string | undefined;
  readonly hostKeys: HostKeyRule;
  /** If there are any, only these keys are the host's, and the known hosts file just tells which are revoked. */
  readonly hostKeySha256: readonly string[];
  /** Whether its group lets a model write commands of its own. */
  readonly hasShell: boolean;
}

interface CommonToolSettings {
  readonly name: string;
  readonly description: string;
  /** At least one. */
  readonly hosts: readonly HostSettings[];
  readonly effect: ToolEffect;
  readonly weight: 'light' | 'heavy';
  readonly idempotent: boolean | undefined;
  readonly policy: ToolPolicy | undefined;
  readonly limits: ToolLimits;
}

export interface CommandToolSettings extends CommonToolSettings {
  readonly kind: 'command';
  readonly command: CommandTemplate;
  readonly parameters: readonly Parameter[];
  readonly phrases: Readonly<Record<string, ToolPhrases>> | undefined;
}

export interface TransferToolSettings extends CommonToolSettings {
  readonly kind: 'get' | 'put';
  readonly remoteRoot: string;
  readonly localRoot: string;
  readonly maxBytes: number;
  /** Whether a file that is there already may be replaced. */
  readonly overwrites: boolean;
}

export type ToolSettings = CommandToolSettings | TransferToolSettings;

export interface SshSettings {
  readonly hosts: readonly HostSettings[];
  readonly tools: readonly ToolSettings[];
}
