import { ModelStore } from '@tiercel/capabilities/model-store';
import { definePlugin, provide } from '@tiercel/kernel';
import { findStarterModels, openModelStore } from '@tiercel/models';

export default definePlugin({
  name: '@tiercel/model-store-local',
  version: '0.1.0',
  provides: { models: provide(ModelStore) },
  config: {
    dir: {
      doc: 'Folder of downloaded models; empty takes tiercel/models in the cache folder of the user',
      format: 'path',
      default: '',
      env: 'MODELS_DIR',
    },
    offline: {
      doc: 'Never download; the store itself downloads nothing while a node runs, only "tiercel models pull" does',
      format: Boolean,
      default: false,
      env: 'MODELS_OFFLINE',
    },
    catalogue: {
      doc: 'Catalogue file with more models, YAML or JSON; one called catalogue.yaml or catalogue.json in the folder is read anyway',
      format: 'path',
      default: '',
    },
    hosts: {
      doc: 'Hosts that catalogues may name beside the usual ones; "*." stands for any sub-domain',
      format: 'list',
      default: [],
      env: 'MODELS_HOSTS',
    },
  },
  async setup({ config }) {
    const models = await openModelStore({
      directory: config.dir,
      isOffline: config.offline,
      catalogueFile: config.catalogue,
      hosts: config.hosts,
      starterDirectory: findStarterModels(import.meta.url),
    });
    return { models };
  },
});
