/** Who may write and read what. The user name of a node is its node name. */
export interface AccessRules {
  mayWrite(user: string | undefined, topic: string): boolean;
  /** For each message on its way out, so a filter may be as wide as it likes. */
  mayRead(user: string | undefined, topic: string): boolean;
}

export interface AccessRulesOptions {
  /** Where the topics of the world model start. */
  readonly prefix: string;
  readonly coreUsers: readonly string[];
  /** Without users there is nobody to tell from anybody else: only topics that start with `$` stay closed. */
  readonly hasUsers: boolean;
}

/** Below the prefix a node writes only under its own name, and the core writes everything; the rest is everybody's. */
export function createAccessRules({ prefix, coreUsers, hasUsers }: AccessRulesOptions): AccessRules {
  const cores = new Set(coreUsers);
  const own = `${prefix}/`;
  const isCore = (user: string | undefined) => user !== undefined && cores.has(user);
  return {
    mayWrite(user, topic) {
      if (topic.startsWith('$')) return false;
      if (!hasUsers || !topic.startsWith(own)) return true;
      const [area, node, kind, ...rest] = topic.slice(own.length).split('/');
      if (isCore(user)) return true;
      if (area !== 'node' || rest.length > 0) return false;
      return node === user && (kind === 'observe' || kind === 'status');
    },
    mayRead(user, topic) {
      if (!hasUsers || !topic.startsWith(own) || isCore(user)) return true;
      const [area, node, kind] = topic.slice(own.length).split('/');
      return area !== 'node' || kind === 'status' || node === user;
    },
  };
}
