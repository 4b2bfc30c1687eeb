import { defineErrors } from '@tiercel/kernel';

/** Hosts are told by their names in the configuration. No text holds a key, a passphrase, an argument or an output. */
export const SshError = defineErrors(
  'SshError',
  {
    SSH_CONFIG_INVALID: (d: { findings: readonly string[] }) =>
      `The configuration of tool-ssh cannot be used: ${d.findings.join('; ')}. Correct these keys in the manifest.`,
    SSH_KNOWN_HOSTS_UNREADABLE: (d: { file: string; finding: string }) =>
      `Known hosts file ${d.file} cannot be used: ${d.finding}. Make it a file that this user may read, or correct knownHostsFile.`,
    SSH_KNOWN_HOSTS_LOCKED: (d: { file: string; waitedMs: number }) =>
      `Known hosts file ${d.file} stayed locked for ${d.waitedMs} ms. If no other program adds a host right now, delete ${d.file}.lock.`,
    SSH_HOST_KEY_UNKNOWN: (d: { host: string; file: string; type: string; sha256: string }) =>
      `Host ${d.host} showed a ${d.type} key ${d.sha256} that ${d.file} does not know. Compare it with "ssh-keygen -lf" on the host itself, then add it there or to hostKeySha256.`,
    SSH_HOST_KEY_CHANGED: (d: { host: string; source: string; type: string; sha256: string }) =>
      `Host ${d.host} showed a ${d.type} key ${d.sha256}, and ${d.source} has another one. Somebody may be in between: find out why before you replace the old key.`,
    SSH_HOST_KEY_REVOKED: (d: { host: string; file: string; line: number; sha256: string }) =>
      `Host ${d.host} showed key ${d.sha256}, which line ${d.line} of ${d.file} has revoked. Give the host a new key.`,
    SSH_KEY_EXPOSED: (d: { file: string; mode: string }) =>
      `Private key ${d.file} may be read by others (mode ${d.mode}). Run "chmod 600" on it, and replace the key if others could have copied it.`,
    SSH_KEY_UNUSABLE: (d: { file: string; finding: string }) =>
      `Private key ${d.file} cannot be used: ${d.finding}. Correct identityFile, set passphrase (SSH_KEY_PASSPHRASE), or add the key to the agent.`,
    SSH_LOGIN_REFUSED: (d: { host: string; tried: readonly string[] }) =>
      `Host ${d.host} refused to log in; tried: ${d.tried.join(', ') || 'nothing, as there is neither an agent nor an identityFile'}. Add the public key to authorized_keys of that user, or correct identityFile or agentKeySha256.`,
    SSH_SIGNATURE_REFUSED: (d: { host: string }) =>
      `Host ${d.host} takes RSA keys only with SHA-1, which can be forged. Update its SSH server, or use an Ed25519 key.`,
    SSH_ALGORITHMS_MISMATCH: (d: { host: string; finding: string }) =>
      `Host ${d.host} and tool-ssh have no algorithm in common: ${d.finding}. Update its SSH server; if it has a new type of host key, add that key to the known hosts file.`,
    SSH_HOST_UNREACHABLE: (d: { host: string; finding: string }) =>
      `Host ${d.host} cannot be reached: ${d.finding}. Start its SSH server, or correct its address and port.`,
    SSH_HOST_SILENT: (d: { host: string; waitedMs: number }) =>
      `Host ${d.host} did not finish to log in within ${d.waitedMs} ms. Look at its load and network, or raise readyTimeoutMs.`,
    SSH_HOST_RESTING: (d: { host: string; waitMs: number }) =>
      `Host ${d.host} could not be connected to before, and is tried again in ${d.waitMs} ms. Call again then.`,
    SSH_HOST_BUSY: (d: { host: string; running: number; waiting: number }) =>
      `Host ${d.host} has ${d.running} sessions and ${d.waiting} calls waiting. Call again later.`,
    SSH_SESSION_REFUSED: (d: { host: string; finding: string }) =>
      `Host ${d.host} opens no session: ${d.finding}. Look at MaxSessions, ForceCommand and the Subsystem lines of its sshd_config.`,
    SSH_CONNECTION_LOST: (d: { host: string; finding: string }) =>
      `The connection to host ${d.host} was lost: ${d.finding}. What was running there may or may not be done; look before you repeat it.`,
    SSH_STATUS_MISSING: (d: { host: string }) =>
      `Host ${d.host} ended the command without a status. It may or may not be done; look before you repeat it.`,
    SSH_PATH_REFUSED: (d: { side: 'local' | 'remote'; finding: string }) =>
      `The ${d.side} path is refused: ${d.finding}. Give a relative path below the configured folder.`,
    SSH_FILE_TOO_LARGE: (d: { maxBytes: number }) =>
      `The file is larger than ${d.maxBytes} bytes. Choose a smaller one, or raise maxBytes of this tool.`,
    SSH_TRANSFER_FAILED: (d: { host: string; finding: string }) =>
      `The file could not be transferred with host ${d.host}: ${d.finding}. Nothing was left half written.`,
    SSH_CLOSED: (_: object) =>
      'Tool-ssh has been stopped and takes no more calls. Ask the node for its present tools.',
  },
  {
    retryable: [
      'SSH_HOST_UNREACHABLE',
      'SSH_HOST_SILENT',
      'SSH_HOST_RESTING',
      'SSH_HOST_BUSY',
      'SSH_KNOWN_HOSTS_LOCKED',
    ],
  },
);
