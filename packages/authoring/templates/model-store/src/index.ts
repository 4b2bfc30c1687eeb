import { ModelStore } from '@tiercel/capabilities/model-store';
import { definePlugin, provide } from '@tiercel/kernel';
import { FolderModelStore } from './folder-model-store.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { models: provide(ModelStore) },
  config: {
    directory: { doc: 'Folder with one folder per model', format: 'path', default: './models' },
  },
  setup: ({ config }) => ({ models: new FolderModelStore(config.directory) }),
});
