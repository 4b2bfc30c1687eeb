import { describe, expect, it } from '@jest/globals';
import { PolicyRules } from './policy-rules.js';

describe('PolicyRules', () => {
  it('allows reading, and asks before anything else', () => {
    const rules = new PolicyRules({});

    const policies = (['read', 'write', 'destructive'] as const).map((effect) =>
      rules.policyOf({ name: 'tool', effect }),
    );

    expect(policies).toEqual(['allow', 'ask', 'ask']);
  });

  it('lets the name decide, then the longest prefix, then the plugin, then the effect', () => {
    const rules = new PolicyRules({
      policy: { github_search: 'allow', 'github_*': 'ask', 'github_delete_*': 'deny', '*': 'ask' },
      effectPolicy: { write: 'deny' },
    });
    const bare = new PolicyRules({ effectPolicy: { write: 'deny' } });
    const tool = { effect: 'write', policy: 'allow' } as const;

    const byName = ['github_search', 'github_list', 'github_delete_repo', 'other'].map((name) =>
      rules.policyOf({ ...tool, name }),
    );
    const byPlugin = bare.policyOf({ ...tool, name: 'other' });
    const byEffect = bare.policyOf({ name: 'other', effect: 'write' });

    expect(byName).toEqual(['allow', 'ask', 'deny', 'ask']);
    expect([byPlugin, byEffect]).toEqual(['allow', 'deny']);
  });

  it('tells rules that are for nothing', () => {
    const rules = new PolicyRules({
      policy: { get_tme: 'allow', get_time: 'allow', 'git_*': 'ask', 'get_*': 'ask' },
    });

    expect(rules.unusedNames(['get_time'])).toEqual(['get_tme', 'git_*']);
  });
});
